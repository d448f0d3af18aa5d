"""Workers that wait for each other before TensorFlow does."""

import contextlib
import os
import signal
import socket
import threading

import pytest

from ivaae_tf.training.distribute.cluster import Cluster
from ivaae_tf.training.distribute.rendezvous import wait_for_others


def clusters(number):
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)
        ]
        addresses = {
            f"worker {index}": f"127.0.0.1:{each.getsockname()[1]}"
            for index, each in enumerate(sockets)
        }
    return [Cluster(addresses, name) for name in addresses]


def test_three_workers_meet():
    first, second, third = clusters(3)
    met = []

    def wait(cluster):
        wait_for_others(cluster)
        met.append(cluster.own_name)
        port = int(cluster.addresses[cluster.own_name].rpartition(":")[2])
        with socket.create_server(("", port)):  # as TensorFlow's server does then
            all_have_met.wait(20)

    all_have_met = threading.Event()
    waiting = [threading.Thread(target=wait, args=(each,)) for each in (first, second)]
    for thread in waiting:
        thread.start()
    waiting[0].join(1)
    assert met == []
    wait_for_others(third)
    with socket.create_server(("", int(third.addresses["worker 2"].rpartition(":")[2]))):
        all_have_met.wait(2)
        all_have_met.set()
        for thread in waiting:
            thread.join(20)
    assert sorted(met) == ["worker 0", "worker 1"]


def test_a_signal_ends_the_wait():
    cluster, _ = clusters(2)
    # Not SIGINT, which a shell ignores in what it runs in the background.
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait_for_others(cluster)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_an_address_that_is_taken_is_left_to_tensorflow():
    cluster, _ = clusters(2)
    with socket.create_server(("", int(cluster.addresses["worker 0"].rpartition(":")[2]))):
        wait_for_others(cluster)
