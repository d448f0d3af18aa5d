import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from pipelines.workers.budget import Budget
from pipelines.workers.pool import WorkerPool
from pipelines.workers.worker import Failure

ROOT = Path(__file__).parents[3]

SHORT = Budget(seconds=0.3, wall_seconds=60, num_bytes=2**26)


def initialize():
    """Prepares a worker."""


def raise_signal(number):
    os.kill(os.getpid(), number)


def call(task):
    """Calls one of several functions, so that good and bad inputs meet in a pool."""
    function, *arguments = task
    return function(*arguments)


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(__name__, num_workers=2) as pool:
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
    budget = Budget(seconds=60, wall_seconds=0.3, num_bytes=2**26)
    assert list(pool.map(time.sleep, [60], budget=budget)) == [
        (60, Failure("takes more than 0.3 s"))
    ]


def test_time_is_that_of_the_processor(pool):
    assert list(pool.map(time.sleep, [0.6], budget=SHORT)) == [(0.6, None)]


def test_there_are_no_more_workers_than_memory(monkeypatch):
    monkeypatch.setattr("pipelines.workers.memory.free_memory", lambda: 2**27)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    assert WorkerPool(__name__, budget=SHORT)._num_workers == 2


def test_a_bug_is_an_error_with_its_place(pool):
    with pytest.raises(RuntimeError, match=r"in a worker process:(.|\n)*ZeroDivisionError"):
        list(pool.map(functools.partial(divmod, 1), [0]))
    assert list(pool.map(abs, [-1])) == [(-1, 1)]


def test_results_that_nobody_read_are_forgotten(pool):
    next(pool.map(abs, range(100)))
    assert sorted(pool.map(abs, [-7, -8])) == [(-8, 8), (-7, 7)]


def test_large_results_come_back(pool):
    assert dict(pool.map(bytes, [2**22, 2**22 + 1])) == {n: bytes(n) for n in (2**22, 2**22 + 1)}


def test_a_module_that_does_not_start_is_an_error():
    with WorkerPool("tests.no_such_module") as pool, pytest.raises(RuntimeError, match="start"):
        list(pool.map(abs, [1]))


# Without `if __name__ == "__main__"`, which a worker must not run again.
SCRIPT = """
import time
from pipelines.workers.pool import WorkerPool
with WorkerPool("tests.pipelines.workers.pool_test", num_workers=2) as pool:
    for value, _ in pool.map(time.sleep, [{inputs}]):
        print(value, flush=True)
"""


@pytest.mark.parametrize("is_file", [True, False])
def test_the_main_is_not_run_by_workers(is_file, tmp_path):
    (tmp_path / "main.py").write_text(SCRIPT.format(inputs="0, 0"))
    arguments = [tmp_path / "main.py"] if is_file else ["-c", SCRIPT.format(inputs="0, 0")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    assert (finished.stdout, finished.stderr) == ("0\n0\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_pool_leaves_no_process(number):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(inputs="0, 0, 600, 600, 600, 600")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell ignores it if tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "0\n"
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) == 2
    os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
    _, errors = process.communicate(timeout=60)
    assert errors.count("Traceback") == (number == signal.SIGINT)  # the script's own
    assert not psutil.wait_procs(workers, timeout=30)[1]


@pytest.mark.parametrize("seconds", [0, 0.1, 4])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_process_answers_a_signal_to_all(number, seconds):
    """While a worker starts, while it imports TensorFlow, and while it waits."""
    script = (
        "import os, time\n"
        "from ivaae_tf.program import interruption\n"
        "interruption.install()\n"
        "from pipelines.workers.pool import WorkerPool\n"
        "with WorkerPool('pipelines.images.checking'):\n"
        f"    time.sleep({seconds})\n"
        f"    os.killpg(0, {int(number)})\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 128 + number
    assert process.stderr.count("\n") == 1 and "finished work is kept" in process.stderr


def test_a_worker_leaves_no_temporary_files(tmp_path, monkeypatch):
    # Not above, because workers of the other tests import this file.
    from pipelines.images import checking

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Image.new("RGB", (9, 9), "red").save(tmp_path / "red.webp")
    with WorkerPool(checking.__name__, num_workers=1) as pool:
        function = functools.partial(checking.check, name="red.webp")
        ((_, checked),) = pool.map(function, [tmp_path / "red.webp"])
    assert checked.keeps_original_bytes
    assert [path.name for path in tmp_path.iterdir()] == ["red.webp"]
