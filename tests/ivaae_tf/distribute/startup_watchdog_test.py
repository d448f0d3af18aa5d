import signal
import socket
import subprocess
import sys

import pytest

from ivaae_tf.distribute import startup_watchdog


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
    _, errors = watchdog.communicate(timeout=30)  # closes its standard input
    assert watchdog.returncode == 0
    assert errors == ""
    assert sleeper.poll() is None
