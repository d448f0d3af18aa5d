"""The wait for the other workers in Python, before TensorFlow waits for them.

TensorFlow waits in C++, where no Python code handles a signal, and ignores SIGTERM meanwhile. So
each worker first listens at its own address, until it has reached all others at theirs.
"""

import contextlib
import socket

from ivaae_tf.training.distribute.cluster import Cluster
from ivaae_tf.training.distribute.startup_watchdog import answers

_SECONDS_BETWEEN_LOOKS = 0.2


def wait_for_others(cluster: Cluster) -> None:
    """Returns when every other worker answers: here, or in TensorFlow already."""
    port = int(cluster.addresses[cluster.own_name].rpartition(":")[2])
    missing = list(cluster.others.values())
    try:
        server = socket.create_server(("", port))
    except OSError:
        return  # TensorFlow says what is wrong with the address.
    with server:
        server.settimeout(_SECONDS_BETWEEN_LOOKS)
        while missing:
            with contextlib.suppress(TimeoutError):
                while True:
                    server.accept()[0].close()
            missing = [address for address in missing if not answers(address)]
