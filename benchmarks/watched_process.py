"""Runs a command and measures its time and memory."""

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

_SECONDS_BETWEEN_SAMPLES = 0.02


class Usage(NamedTuple):
    """Resources that a command used: seconds, and the largest resident set in MB."""

    seconds: float
    peak_mb: float


def run(command: Sequence[str]) -> Usage:
    """Runs a command without showing its output, and returns its usage.

    Raises:
        RuntimeError: If the command fails; the message has the end of its error output.
    """
    start = time.perf_counter()
    peak = 0
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.extend(process.stderr))
        reader.start()
        while process.poll() is None:
            peak = max(peak, resident_set(process.pid))
            time.sleep(_SECONDS_BETWEEN_SAMPLES)
        reader.join()
    if process.returncode:
        raise RuntimeError(f"{command} exited with {process.returncode}: {''.join(errors[-5:])}")
    return Usage(time.perf_counter() - start, peak / 1e6)


def resident_set(pid: int) -> int:
    """Returns the resident set of a process in bytes, 0 if the process has ended."""
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0
