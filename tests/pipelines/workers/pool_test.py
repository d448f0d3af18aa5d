import functools
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from pipelines.workers import fork_server
from pipelines.workers.budget import MemoryBudget, TimeBudget
from pipelines.workers.pool import Failure, WorkerPool

SHORT = TimeBudget(seconds=0.3, wall_seconds=60)


def nothing():
    pass


def raise_signal(number):
    os.kill(os.getpid(), number)


def call(task):
    """Calls one of several functions, so that good and bad inputs meet in a pool."""
    function, *arguments = task
    return function(*arguments)


@pytest.fixture(scope="module")
def pool(one_fork_server):
    with WorkerPool(nothing, num_workers=2, memory_budget=MemoryBudget(2**26, 2**28)) as pool:
        yield pool


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "burnt"


def test_each_input_gets_its_result(pool):
    assert sorted(pool.map(abs, range(-50, 0))) == [(value, -value) for value in range(-50, 0)]
    assert list(pool.map(abs, [])) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ((burn, 60), "takes more than 0.3 s of processor time"),
        ((os.abort,), "the decoder crashed (SIGABRT)"),
        ((raise_signal, signal.SIGSEGV), "the decoder crashed (SIGSEGV)"),
        ((raise_signal, signal.SIGKILL), "the decoder crashed (SIGKILL)"),
        ((os._exit, 3), "the decoder ended its process (exit code 3)"),
        ((bytearray, 2**27), "takes more than 64 MB of memory"),
    ],
)
def test_a_bad_input_costs_itself_alone(pool, bad, reason):
    good = [(abs, -value) for value in range(40)]
    results = dict(pool.map(call, [*good[:20], bad, *good[20:]], budget=SHORT))
    assert results.pop(bad) == Failure(reason)
    assert results == {task: -task[1] for task in good}


def test_bad_inputs_beside_each_other_are_told_apart(pool):
    tasks = [(os._exit, code) for code in range(1, 8)]
    reason = "the decoder ended its process (exit code {})"
    expected = {task: Failure(reason.format(task[1])) for task in tasks}
    assert dict(pool.map(call, tasks)) == expected


def test_waiting_is_limited_by_the_clock(pool):
    budget = TimeBudget(seconds=60, wall_seconds=0.3)
    assert list(pool.map(time.sleep, [60], budget=budget)) == [
        (60, Failure("takes more than 0.3 s"))
    ]


def test_time_is_that_of_the_processor(pool):
    assert list(pool.map(time.sleep, [0.6], budget=SHORT)) == [(0.6, None)]


def large_memory(size):
    from pipelines.workers import budget

    with budget.large():
        return len(bytearray(size))


def test_large_inputs_are_allowed_more_memory(pool):
    sizes = [2**27, 2**29]
    assert dict(pool.map(large_memory, sizes)) == {
        2**27: 2**27,
        2**29: Failure("takes more than 256 MB of memory"),
    }


def large_alone(folder, index):
    from pipelines.workers import budget

    with budget.large():
        (folder / f"{index}.begun").touch()
        busy = len(list(folder.iterdir()))
        time.sleep(0.02)
        (folder / f"{index}.begun").unlink()
        return busy


def test_large_inputs_share_the_memory_that_is_free(one_fork_server, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.workers.memory.free_memory", lambda: 2**29)
    with WorkerPool(nothing, num_workers=4, memory_budget=MemoryBudget(2**26, 2**28)) as pool:
        results = dict(pool.map(functools.partial(large_alone, tmp_path), range(12)))
    assert set(results.values()) == {1}


def test_there_are_no_more_workers_than_memory(monkeypatch):
    monkeypatch.setattr("pipelines.workers.memory.free_memory", lambda: 2**27)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    assert WorkerPool(nothing, memory_budget=MemoryBudget(2**26, 2**28))._num_workers == 2


def test_a_bug_is_an_error_with_its_place(pool):
    with pytest.raises(RuntimeError, match=r"in a worker process:(.|\n)*ZeroDivisionError"):
        list(pool.map(functools.partial(divmod, 1), [0]))
    assert list(pool.map(abs, [-1])) == [(-1, 1)]


def test_results_that_nobody_read_are_forgotten(pool):
    next(pool.map(abs, range(100)))
    assert sorted(pool.map(abs, [-7, -8])) == [(-8, 8), (-7, 7)]


def test_large_results_come_back(pool):
    assert dict(pool.map(bytes, [2**22, 2**22 + 1])) == {n: bytes(n) for n in (2**22, 2**22 + 1)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_pool_leaves_no_process(number):
    script = (
        "import time\n"
        "from pipelines.workers.pool import WorkerPool\n"
        "from tests.pipelines.workers.pool_test import nothing\n"
        "with WorkerPool(nothing, num_workers=2) as pool:\n"
        "    for value, _ in pool.map(time.sleep, [0, 0, 600, 600]):\n"
        "        print(value, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=pathlib.Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "0\n"
    others = psutil.Process(process.pid).children(recursive=True)
    assert len(others) >= 2  # the server and a worker
    os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
    _, errors = process.communicate(timeout=60)
    assert errors.count("Traceback") == (number == signal.SIGINT)  # the script's own
    assert not psutil.wait_procs(others, timeout=30)[1]


@pytest.mark.parametrize("seconds", [0, 0.1, 0.5, 4])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_process_answers_a_signal_to_all(number, seconds):
    """While the server starts, while it imports TensorFlow, and while it waits."""
    script = (
        "import os, time\n"
        "from ivaae_tf.program import interruption\n"
        "interruption.install()\n"
        "from pipelines.workers.fork_server import ForkServer\n"
        "server = ForkServer()\n"
        f"time.sleep({seconds})\n"
        f"os.killpg(0, {int(number)})\n"
        f"os.kill(server._process.pid, {int(signal.SIGTERM)})\n"
        "time.sleep(60)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=pathlib.Path(__file__).parents[3],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 128 + number
    assert process.stderr.count("\n") == 1 and "finished work is kept" in process.stderr


def test_a_server_whose_asker_has_ended_ends_in_silence():
    """The question is read when the modules are imported, and nobody is there for the answer."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [sys.executable, "-c", fork_server._PROGRAM, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        cwd=pathlib.Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )
    theirs.close()
    worker, end = socket.socketpair()
    socket.send_fds(ours, [b"fork"], [worker.fileno()])
    for each in (ours, worker, end):
        each.close()
    assert server.communicate(timeout=120)[1] == b""
    assert server.returncode == 0
