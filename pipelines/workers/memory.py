"""The amount of free memory."""

from pathlib import Path

import psutil

# Both versions of Linux's control groups, which limit a container's memory: a folder, its files of
# the limit and of the used memory, and the name of the memory that can be reclaimed at once.
_CONTROL_GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def free_memory() -> int:
    """Returns the free bytes of the system, or of its container if that has fewer."""
    free = [psutil.virtual_memory().available]
    for folder, limit_file, used_file, reclaimable in _CONTROL_GROUPS:
        if not Path(folder, limit_file).is_file():
            continue
        limit = Path(folder, limit_file).read_text("utf-8").strip()
        if limit.isdecimal():  # It is "max" if there is no limit.
            used = int(Path(folder, used_file).read_text("utf-8"))
            lines = Path(folder, "memory.stat").read_text("utf-8").splitlines()
            statistics = dict(line.split() for line in lines)
            free.append(int(limit) - used + int(statistics[reclaimable]))
    return min(free)
