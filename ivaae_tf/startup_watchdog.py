"""Ends a process that waits too long for the other workers, and says which of them is missing.

TensorFlow waits for them in C++ without a time limit, and holds the interpreter meanwhile: no
thread of the same process could end it. So this is a program of its own, which imports nothing of
this project:

    python startup_watchdog.py <process> <seconds> [<name> <host:port>]…

It reads standard input, which the watched process closes when all workers are there, and which
the system closes when that process ends.
"""

import os
import select
import signal
import socket
import sys


def main(process: int, seconds: float, addresses: dict[str, str]) -> None:
    """Waits for the end of standard input, and if it does not come kills the process."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if ready:
        return
    missing = [f"{name} ({at})" for name, at in addresses.items() if not _answers(at)]
    who = ", ".join(missing) or "one of the workers"
    line = f"error: --distribution=multi_worker: {who} did not come within {seconds:g} seconds"
    print(line, file=sys.stderr, flush=True)
    os.kill(process, signal.SIGKILL)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=3):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    names_and_addresses = sys.argv[3:]
    main(
        int(sys.argv[1]),
        float(sys.argv[2]),
        dict(zip(names_and_addresses[::2], names_and_addresses[1::2], strict=True)),
    )
