"""Properties of the machine that a benchmark runs on."""

import platform
from pathlib import Path


def processor_name() -> str:
    """Returns the name of the processor, or its architecture if the name is unknown."""
    names = _values("model name")
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


def has_bfloat16() -> bool:
    """Returns whether the processor has instructions for products of bfloat16 matrices."""
    features = set(_values("flags")[0].split()) if _values("flags") else set()
    return bool(features & {"amx_bf16", "avx512_bf16"})


def _values(name: str) -> list[str]:
    """Returns the values of each core in /proc/cpuinfo."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.exists() else []
    return [line.split(": ")[1] for line in lines if line.startswith(f"{name}\t")]
