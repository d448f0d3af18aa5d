"""Runs a command and watches its memory."""

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

_SECONDS_BETWEEN_LOOKS = 0.02


class Watched(NamedTuple):
    """What a command took: seconds, and the largest resident set in MB."""

    seconds: float
    peak_mb: float


def run(command: Sequence[str]) -> Watched:
    """Runs a command to its end, without its output.

    Raises:
        RuntimeError: If it fails; the message has the end of its error output.
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
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        reader.join()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {''.join(errors[-5:])}")
    return Watched(time.perf_counter() - start, peak / 1e6)


def resident_set(pid: int) -> int:
    """Returns the bytes of a process's resident set; 0 if it has ended."""
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0
