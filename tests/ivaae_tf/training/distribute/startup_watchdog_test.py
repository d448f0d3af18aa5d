import os
import signal
import socket
import subprocess
import sys

import pytest

from ivaae_tf.training.distribute import startup_watchdog


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def watch(process, seconds, *names_and_addresses):
    command = [sys.executable, startup_watchdog.__file__, str(process.pid), str(seconds)]
    return subprocess.Popen(
        [*command, *names_and_addresses],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_waits_too_long_is_ended_and_the_missing_worker_named(sleeper):
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as missing:
        missing.bind(("127.0.0.1", 0))  # a port on which nothing listens
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (there, missing)]
        watchdog = watch(sleeper, 0.5, "worker 0", addresses[0], "worker 1", addresses[1])
        assert sleeper.wait(timeout=30) == -signal.SIGKILL
    _, errors = watchdog.communicate(timeout=30)
    assert errors == (
        f"error: --distribution=multi_worker: worker 1 ({addresses[1]}) did not start within 0.5 "
        "seconds\n"
    )


def test_the_awaited_worker_is_named_while_the_process_waits(monkeypatch, capsys):
    killed = []
    monkeypatch.setattr(startup_watchdog.os, "kill", lambda *arguments: killed.append(arguments))
    monkeypatch.setattr(startup_watchdog, "_SECONDS_BETWEEN_CHECKS", 0.01)
    monkeypatch.setattr(startup_watchdog, "_SECONDS_TO_FIRST_NOTICE", 0.1)
    reader, writer = os.pipe()
    with open(reader) as stdin, open(writer, "w"), socket.socket() as missing:  # noqa: PTH123
        monkeypatch.setattr(startup_watchdog.sys, "stdin", stdin)
        missing.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{missing.getsockname()[1]}"
        startup_watchdog.main(123, 1, {"worker 1": address})
    *notices, error = capsys.readouterr().err.splitlines()
    # At 0.1, 0.2, 0.4 and 0.8 seconds; a slow machine may miss some.
    assert 1 <= len(notices) <= 4
    for line in notices:
        assert line.startswith(f"waiting for worker 1 ({address}): ")
        assert line.endswith(" of 1 seconds")
    assert "did not start within 1 seconds" in error
    assert killed == [(123, signal.SIGKILL)]


def test_a_worker_that_ends_while_others_start_is_noticed_before_the_time_is_over(sleeper):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        watchdog = watch(sleeper, 300, "worker 1", address)
        other.settimeout(30)
        other.accept()[0].close()  # the watchdog has seen it
    assert sleeper.wait(timeout=60) == -signal.SIGKILL
    _, errors = watchdog.communicate(timeout=30)
    assert f"worker 1 ({address}) has ended while the workers were starting" in errors


def test_a_process_that_has_started_is_left_alone(sleeper):
    watchdog = watch(sleeper, 60, "worker 1", "127.0.0.1:1")
    _, errors = watchdog.communicate("!", timeout=30)
    assert watchdog.returncode == 0
    assert errors == ""
    assert sleeper.poll() is None


def test_the_end_of_the_process_by_a_signal_is_said(sleeper):
    watchdog = watch(sleeper, 60, "worker 1", "127.0.0.1:1")
    _, errors = watchdog.communicate(timeout=30)  # closes its standard input, as the system does
    assert errors == "ended while the workers were starting; start all again\n"
