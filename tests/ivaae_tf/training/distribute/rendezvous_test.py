"""Workers that wait for each other before TensorFlow does, and a guard while it does."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.training.distribute import rendezvous
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
        wait_for_others(cluster, 60)
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
    wait_for_others(third, 60)
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
            wait_for_others(cluster, 60)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_an_address_that_is_taken_is_left_to_tensorflow():
    cluster, _ = clusters(2)
    with socket.create_server(("", int(cluster.addresses["worker 0"].rpartition(":")[2]))):
        wait_for_others(cluster, 60)


def test_a_missing_worker_is_reported_meanwhile_and_in_the_end(monkeypatch, capsys):
    monkeypatch.setattr(rendezvous, "_SECONDS_BETWEEN_CHECKS", 0.01)
    monkeypatch.setattr(rendezvous, "_SECONDS_TO_FIRST_NOTICE", 0.1)
    cluster, *_ = clusters(3)
    (_, there_at), (missing, missing_at) = cluster.others.items()
    with (
        socket.create_server(("", int(there_at.rpartition(":")[2]))),
        pytest.raises(UserError) as error,
    ):
        wait_for_others(cluster, 1)
    awaited = f"{missing} ({missing_at})"
    assert str(error.value).endswith(f": {awaited} did not start within 1 seconds")
    notices = capsys.readouterr().err.splitlines()
    # At 0.1, 0.2, 0.4 and 0.8 seconds; a slow machine may miss some.
    assert 1 <= len(notices) <= 4
    for line in notices:
        assert line.startswith(f"waiting for {awaited}: ") and line.endswith(" of 1 seconds")


GUARDED = """
import os, sys, time
from ivaae_tf.training.distribute import rendezvous
from ivaae_tf.training.distribute.cluster import Cluster
cluster = Cluster({"worker 0": "127.0.0.1:1", "worker 1": "127.0.0.1:2"}, "worker 0")
with rendezvous.guarded(cluster, seconds=float(sys.argv[1])):
    time.sleep(float(sys.argv[2]))
    if len(sys.argv) > 3: os._exit(3)
"""


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("0.5", "60"), -signal.SIGKILL, "error: .*: worker 1 .* did not connect within 0.5 sec.*"),
        (("60", "0"), 0, ""),
        (("60", "0", "exit"), 3, "ended while the workers were starting; start all again"),
    ],
    ids=["too slow", "in time", "ended by a signal"],
)
def test_the_guard_says_why_a_process_ends(arguments, status, line):
    process = subprocess.Popen(
        [sys.executable, "-c", GUARDED, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=pathlib.Path(__file__).parents[4],
    )
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == status
    assert re.fullmatch(line, errors.strip())
