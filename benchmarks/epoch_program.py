"""Runs several training programs alternately, one epoch at a time."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence

import psutil

_PAUSE = 0.3  # Threads of OpenMP wait actively for up to 0.2 s after a step.


class EpochProgram:
    """A training in a separate process, which is suspended between its measured epochs.

    The program prints a line that begins with "Epoch " at the start of each epoch. A signal
    suspends it a few milliseconds later, so that it does not slow down other programs.

    Args:
        command: The program and its arguments.
    """

    def __init__(self, command: Sequence[str]):
        self._command = command
        # Progress bars would hide the figures; the end of this output is shown after a failure.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._tree = psutil.Process(self._process.pid)
        self._wait_for_epoch()
        self._suspend()

    def __enter__(self) -> "EpochProgram":
        return self

    def __exit__(self, *exception) -> None:
        """Kills the process, even if it is suspended."""
        for process in self._family():
            process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def seconds_of_an_epoch(self) -> float:
        """Runs until the start of the next epoch, and returns the seconds."""
        time.sleep(_PAUSE)
        start = time.perf_counter()
        self._resume()
        self._wait_for_epoch()
        seconds = time.perf_counter() - start
        self._suspend()
        return seconds

    def finish(self) -> None:
        """Runs until the end of the program.

        Raises:
            RuntimeError: If the program fails.
        """
        self._resume()
        for _ in self._process.stdout:
            pass
        if self._process.wait():
            raise self._failure("")

    def _wait_for_epoch(self) -> None:
        for line in self._process.stdout:
            if line.startswith("Epoch "):
                return
        raise self._failure(" before an epoch")

    def _failure(self, when: str) -> RuntimeError:
        status = self._process.wait()
        self._errors.seek(0)
        errors = self._errors.read().decode(errors="replace")[-2000:]
        return RuntimeError(f"{self._command} exited with {status}{when}: {errors}")

    def _suspend(self) -> None:
        for process in self._family():
            process.suspend()

    def _resume(self) -> None:
        for process in self._family():
            process.resume()

    def _family(self) -> list[psutil.Process]:
        """Returns the process, if it still runs, and its child processes."""
        try:
            return [*self._tree.children(recursive=True), self._tree]
        except psutil.NoSuchProcess:
            return []


def alternate(programs: Mapping[str, EpochProgram], num_epochs: int) -> dict[str, list[float]]:
    """Returns the seconds of alternating epochs, without the first epoch of each program."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(1 + num_epochs):
        for name, program in programs.items():
            taken = program.seconds_of_an_epoch()
            if number:
                seconds[name].append(taken)
    return seconds
