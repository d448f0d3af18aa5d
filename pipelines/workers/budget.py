"""Limits of what a process may spend on each input, enforced by the kernel.

A decoder in C cannot be interrupted from Python, so the kernel ends the whole process if an input
takes too long, and refuses memory above the limit. Time is time of the processor: other work on the
machine does not change which inputs are too expensive.
"""

import contextlib
import dataclasses
import fcntl
import resource
import signal
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class TimeBudget:
    """The time that an input may take.

    Attributes:
        seconds: Time of the processor.
        wall_seconds: Time of the clock, for a file whose disk does not answer.
    """

    seconds: float
    wall_seconds: float

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Ends the process with a signal if the block takes longer.

        Counts the memory of `limit_memory` from what the process has now.
        """
        if _limits is not None:
            _limits.begin()
        signal.setitimer(signal.ITIMER_PROF, self.seconds)
        signal.setitimer(signal.ITIMER_REAL, self.wall_seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def reason(self, exit_code: int) -> str:
        """Returns why a process ended, from its exit code as `subprocess` returns it."""
        if exit_code == -signal.SIGPROF:
            return f"takes more than {self.seconds:g} s of processor time"
        if exit_code == -signal.SIGALRM:
            return f"takes more than {self.wall_seconds:g} s"
        if exit_code < 0:
            return f"the decoder crashed ({signal.Signals(-exit_code).name})"
        return f"the decoder ended its process (exit code {exit_code})"


@dataclasses.dataclass(frozen=True)
class MemoryBudget:
    """The memory that an input may take, in bytes.

    Attributes:
        usual: At any time.
        large: Inside `large`.
    """

    usual: int
    large: int


TIME = TimeBudget(seconds=30, wall_seconds=300)
MEMORY = MemoryBudget(usual=3 * 2**28, large=3 * 2**30)


class BudgetError(MemoryError):
    """An error for an input that needs more than is allowed in `large`."""


class _Limits:
    """The limits of this process.

    Args:
        budget: The memory above what it has now.
        turns: A file that all workers have open, with a lock for each place.
        place: The number of the lock that this worker waits for in `large`.
    """

    def __init__(self, budget: MemoryBudget, turns: int, place: int):
        self.budget, self._turns, self._place = budget, turns, place
        self.begin()

    def begin(self) -> None:
        # What libraries keep of an earlier input is not charged to this one.
        pages = int(Path("/proc/self/statm").read_text("utf-8").split()[5])
        self._base = pages * resource.getpagesize()
        self._limit_memory(self.budget.usual)

    def _limit_memory(self, num_bytes: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = self._base + num_bytes
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

    @contextlib.contextmanager
    def large(self) -> Iterator[None]:
        waiting = signal.setitimer(signal.ITIMER_REAL, 0)  # Waiting for others is free.
        fcntl.lockf(self._turns, fcntl.LOCK_EX, 1, self._place)  # Freed if the process is killed.
        signal.setitimer(signal.ITIMER_REAL, *waiting)
        self._limit_memory(self.budget.large)
        try:
            yield
        except MemoryError as error:
            raise BudgetError from error
        finally:
            self._limit_memory(self.budget.usual)
            fcntl.lockf(self._turns, fcntl.LOCK_UN, 1, self._place)


_limits: _Limits | None = None


def limit_memory(budget: MemoryBudget, turns: int, place: int) -> None:
    """Limits this process to the memory that it has now and a budget, until it ends.

    Args:
        budget: The memory above what it has now.
        turns: A file that all workers have open.
        place: Of all workers with the same place, one at a time is in `large`.
    """
    global _limits
    _limits = _Limits(budget, turns, place)


def memory_reason(error: MemoryError) -> str:
    """Returns the reason of an error in words, in a process whose memory is limited."""
    assert _limits is not None
    budget = _limits.budget
    num_bytes = budget.large if isinstance(error, BudgetError) else budget.usual
    return f"takes more than {num_bytes // 2**20} MB of memory"


def large() -> contextlib.AbstractContextManager[None]:
    """Waits for this worker's turn, and allows more memory in the block.

    In a process without a budget, nothing happens.
    """
    return contextlib.nullcontext() if _limits is None else _limits.large()
