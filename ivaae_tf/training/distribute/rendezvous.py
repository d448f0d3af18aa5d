"""Waits for the other workers in Python, before TensorFlow waits for them.

TensorFlow waits in C++, where no Python code handles a signal, and ignores SIGTERM meanwhile. So
each worker first listens on its own address until it has connected to all others.
"""

import contextlib
import socket

from ivaae_tf.training.distribute.cluster import Cluster
from ivaae_tf.training.distribute.startup_watchdog import answers

_SECONDS_BETWEEN_CHECKS = 0.2


def wait_for_others(cluster: Cluster) -> None:
    """Returns when every other worker answers, from this function or already from TensorFlow."""
    port = int(cluster.addresses[cluster.own_name].rpartition(":")[2])
    missing = list(cluster.others.values())
    try:
        server = socket.create_server(("", port))
    except OSError:
        return  # TensorFlow reports the problem with the address.
    with server:
        server.settimeout(_SECONDS_BETWEEN_CHECKS)
        while missing:
            with contextlib.suppress(TimeoutError):
                while True:
                    server.accept()[0].close()
            missing = [address for address in missing if not answers(address)]
