"""Waits for the other workers of a cluster before and while TensorFlow connects them.

TensorFlow waits in C++ without a time limit, where no Python code handles a signal, and ignores
SIGTERM meanwhile. So each worker first listens at its own address, until all others answer at
theirs. Then TensorFlow takes about a second, and another process ends this one if it takes longer.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from ivaae_tf.program.errors import UserError
from ivaae_tf.training.distribute.cluster import Cluster

_SECONDS_BETWEEN_CHECKS = 0.2
_SECONDS_TO_FIRST_NOTICE = 9.0
_SECONDS_TO_CONNECT = 60

# The system closes its standard input when the other process ends, of Ctrl-C for example.
_GUARD = """
import os, select, signal, sys
process, seconds, error = sys.argv[1:]
if not select.select([sys.stdin], [], [], float(seconds))[0]:
    print(error, file=sys.stderr)
    os.kill(int(process), signal.SIGKILL)
elif not sys.stdin.read(1):
    print("ended while the workers were starting; start all again", file=sys.stderr)
"""


def wait_for_others(cluster: Cluster, seconds: float) -> None:
    """Returns when all other workers answer: here, or in TensorFlow already.

    A line names the missing workers after some seconds, and again whenever the time has doubled.

    Raises:
        UserError: If a worker does not answer in time.
    """
    port = int(cluster.addresses[cluster.own_name].rpartition(":")[2])
    try:
        server = socket.create_server(("", port))
    except OSError:
        return  # TensorFlow reports the problem with the address.
    start, next_notice = time.monotonic(), _SECONDS_TO_FIRST_NOTICE
    with server:
        server.settimeout(_SECONDS_BETWEEN_CHECKS)
        while missing := {name: at for name, at in cluster.others.items() if not _answers(at)}:
            waited = time.monotonic() - start
            if waited > seconds:
                raise UserError(
                    f"--distribution=multi_worker: {_listed(missing)} did not start within "
                    f"{seconds:g} seconds"
                )
            if waited >= next_notice:
                next_notice *= 2
                notice = f"waiting for {_listed(missing)}: {waited:.0f} of {seconds:g} seconds"
                print(notice, file=sys.stderr, flush=True)
            with contextlib.suppress(TimeoutError):
                while True:
                    server.accept()[0].close()


@contextlib.contextmanager
def guarded(cluster: Cluster, seconds: float = _SECONDS_TO_CONNECT) -> Iterator[None]:
    """Kills this process with an error if the block takes longer; reports a signal that ends it."""
    error = (
        f"error: --distribution=multi_worker: {_listed(cluster.others)} did not connect within "
        f"{seconds:g} seconds; start all again"
    )
    command = [sys.executable, "-c", _GUARD, str(os.getpid()), str(seconds), error]
    # A new session: no Ctrl-C for the guard.
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        try:
            yield
        finally:
            guard.communicate(b"!")


def _answers(address: str) -> bool:
    """Returns whether a process listens at "host:port"."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=3):
            return True
    except OSError:
        return False


def _listed(addresses: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({address})" for name, address in addresses.items())
