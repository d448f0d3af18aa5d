"""Reports the workers that a process waits for, and kills it if it waits too long.

TensorFlow waits for them in C++ without a time limit and blocks the interpreter, so a thread of
the same process could not kill it. This is a separate program that imports nothing of this project:

    python startup_watchdog.py <process> <seconds> [<name> <host:port>]…

That process writes a byte to this program's standard input when all workers have started. The
system closes it when the process exits, for example after Ctrl-C, which Python cannot handle then.
"""

import os
import select
import signal
import socket
import sys
import time

_SECONDS_BETWEEN_CHECKS = 3
_CHECKS_OF_A_LOST_WORKER = 4
_SECONDS_TO_FIRST_NOTICE = 9


def main(process: int, seconds: float, addresses: dict[str, str]) -> None:
    """Waits for the end of standard input; kills the process if a worker is missing.

    It prints the missing workers after some seconds, and again whenever the time has doubled.

    Args:
        process: The identifier of the process.
        seconds: Time limit for the start of the workers.
        addresses: Name of each other worker -> "host:port".
    """
    start = time.monotonic()
    next_notice: float = _SECONDS_TO_FIRST_NOTICE
    misses = {}  # worker that has answered once -> number of failures in a row since then
    while not _has_ended(sys.stdin, min(_SECONDS_BETWEEN_CHECKS, seconds)):
        silent = [name for name, address in addresses.items() if not answers(address)]
        for name in addresses:
            if name not in silent:
                misses[name] = 0
            elif name in misses:
                misses[name] += 1
        lost = [name for name, count in misses.items() if count == _CHECKS_OF_A_LOST_WORKER]
        if lost:
            reason = f"{_listed(lost, addresses)} has ended while the workers were starting"
        elif (waited := time.monotonic() - start) > seconds:
            missing = _listed(silent, addresses) or "one of the workers"
            reason = f"{missing} did not start within {seconds:g} seconds"
        else:
            if waited >= next_notice:
                next_notice *= 2
                awaited = _listed(silent or list(addresses), addresses)
                _print(f"waiting for {awaited}: {waited:.0f} of {seconds:g} seconds")
            continue
        _print(f"error: --distribution=multi_worker: {reason}")
        os.kill(process, signal.SIGKILL)
        return
    if not sys.stdin.read(1):
        print("ended while the workers were starting; start all again", file=sys.stderr, flush=True)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _has_ended(stream, seconds: float) -> bool:
    return bool(select.select([stream], [], [], seconds)[0])


def answers(address: str) -> bool:
    """Returns whether a process listens on "host:port"."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=3):
            return True
    except OSError:
        return False


def _listed(names: list[str], addresses: dict[str, str]) -> str:
    return ", ".join(f"{name} ({addresses[name]})" for name in names)


if __name__ == "__main__":
    names_and_addresses = sys.argv[3:]
    main(
        int(sys.argv[1]),
        float(sys.argv[2]),
        dict(zip(names_and_addresses[::2], names_and_addresses[1::2], strict=True)),
    )
