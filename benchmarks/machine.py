"""The machine of a measurement."""

import platform
from pathlib import Path


def processor_name() -> str:
    """Returns the name of the processor, or its architecture if the name is unknown."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()
