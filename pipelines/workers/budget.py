"""Limits of time and memory of each input of a process, enforced by the kernel.

A decoder in C cannot be interrupted from Python, so the kernel ends the whole process if an input
takes too long, and refuses memory above the limit. Time is time of the processor: other work on the
machine does not change which inputs are too expensive.
"""

import contextlib
import dataclasses
import resource
import signal
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Budget:
    """The time and the memory that an input may take.

    Attributes:
        seconds: Processor time.
        wall_seconds: Wall-clock time, for a file on a disk that does not answer.
        num_bytes: Memory above what the process has before the input.
    """

    seconds: float
    wall_seconds: float
    num_bytes: int

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Ends the process with a signal if the block takes longer, and limits its memory."""
        _limit_memory(self.num_bytes)
        signal.setitimer(signal.ITIMER_PROF, self.seconds)
        signal.setitimer(signal.ITIMER_REAL, self.wall_seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    @property
    def memory_reason(self) -> str:
        """The reason why an input ended in a `MemoryError`."""
        return f"takes more than {self.num_bytes // 2**20} MB of memory"

    def exit_reason(self, exit_code: int) -> str:
        """Returns why a process ended, from its exit code as `subprocess` returns it."""
        if exit_code == -signal.SIGPROF:
            return f"takes more than {self.seconds:g} s of processor time"
        if exit_code == -signal.SIGALRM:
            return f"takes more than {self.wall_seconds:g} s"
        if exit_code < 0:
            return f"the decoder crashed ({signal.Signals(-exit_code).name})"
        return f"the decoder ended its process (exit code {exit_code})"


USUAL = Budget(seconds=30, wall_seconds=300, num_bytes=3 * 2**30)


def _limit_memory(num_bytes: int) -> None:
    # What libraries keep of an earlier input is not charged to this one.
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[5])
    soft = pages * resource.getpagesize() + num_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
