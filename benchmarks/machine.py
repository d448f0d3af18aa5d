"""What a time was taken on."""

import platform
from pathlib import Path


def processor_name() -> str:
    """Returns the name of the processor, or of its architecture where the system has no more."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()
