"""Runs training programs epoch by epoch, in turns."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence

import psutil

_PAUSE = 0.3  # Threads of OpenMP wait actively for up to 0.2 s after a step.


class EpochProgram:
    """A training in a process of its own, which is stopped except in its turns.

    The program prints a line that begins with "Epoch " at the start of each epoch. It is stopped
    there by a signal, a few milliseconds later, so that it takes no time from other programs.

    Args:
        command: The program and its arguments.
    """

    def __init__(self, command: Sequence[str]):
        self._command = command
        # Its progress bars would hide the figures; a problem is shown at its end.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by __exit__
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._said, text=True
        )
        self._tree = psutil.Process(self._process.pid)
        self._wait_for_epoch()
        self._stop()

    def __enter__(self) -> "EpochProgram":
        return self

    def __exit__(self, *exception) -> None:
        """Ends the process, also one that is stopped."""
        for process in self._family():
            process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._said.close()

    def seconds_of_an_epoch(self) -> float:
        """Lets it run to the start of the next epoch, and returns the seconds."""
        time.sleep(_PAUSE)
        start = time.perf_counter()
        self._go_on()
        self._wait_for_epoch()
        seconds = time.perf_counter() - start
        self._stop()
        return seconds

    def finish(self) -> None:
        """Lets it run to its end.

        Raises:
            RuntimeError: If it fails.
        """
        self._go_on()
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
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")[-2000:]
        return RuntimeError(f"{self._command} ended with {status}{when}: {said}")

    def _stop(self) -> None:
        for process in self._family():
            process.suspend()

    def _go_on(self) -> None:
        for process in self._family():
            process.resume()

    def _family(self) -> list[psutil.Process]:
        """Returns the process, if it still runs, and those that it has started."""
        try:
            return [*self._tree.children(recursive=True), self._tree]
        except psutil.NoSuchProcess:
            return []


def alternate(programs: Mapping[str, EpochProgram], num_epochs: int) -> dict[str, list[float]]:
    """Returns the seconds of epochs of each program, in turns; one before them is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(1 + num_epochs):
        for name, program in programs.items():
            taken = program.seconds_of_an_epoch()
            if number:
                seconds[name].append(taken)
    return seconds
