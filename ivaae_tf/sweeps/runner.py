"""Runs commands in other processes, several at a time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from ivaae_tf.program import interruption
from ivaae_tf.runs.training_directory import TrainingDirectory

_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
_SECONDS_TO_SAVE = 70.0  # A training that is interrupted has 60.

# Becomes a command that gets SIGTERM when this process ends, even by SIGKILL.
_END_WITH_THIS_PROCESS = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


class Job(NamedTuple):
    """Commands that run one after another.

    Attributes:
        folder: Folder of a run, in which a process of an earlier job may still save.
        commands: What follows `python`, such as ("-m", "ivaae_tf", "train", "--workdir=x").
    """

    folder: Path
    commands: Sequence[Sequence[str]]

    @property
    def log(self) -> Path:
        """File beside the folder to which the output of the commands is added."""
        return self.folder.with_name(f"{self.folder.name}.log")


def run_jobs(
    jobs: Sequence[Job],
    after: Callable[[Job, Sequence[float], int], None],
    *,
    num_processes: int,
    minutes: float,
) -> None:
    """Runs jobs, and shows their progress.

    Args:
        jobs: The jobs, in the order of their beginning.
        after: Called after each job with the seconds of each command and the status of the last
            one; after another status than 0, no further command is run. If it raises, all end.
        num_processes: Jobs at a time; they share the processor's cores.
        minutes: Time after which no further job begins.
    """
    end = time.monotonic() + 60 * minutes
    children = _Children(num_processes)

    def work(job: Job) -> tuple[Job, list[float], int] | None:
        return (job, *children.run(job)) if time.monotonic() < end else None

    with (
        tqdm(total=len(jobs), unit="run") as progress,
        ThreadPoolExecutor(num_processes) as pool,
    ):
        try:
            for task in as_completed([pool.submit(work, job) for job in jobs]):
                if ended := task.result():
                    after(*ended)
                    progress.update()
        except BaseException:
            with interruption.more_time(_SECONDS_TO_SAVE):
                children.end()
                pool.shutdown(cancel_futures=True)
            raise


class _Children:
    """The processes that run now."""

    def __init__(self, num_processes: int) -> None:
        self._are_ending = False
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        num_threads = max(1, len(os.sched_getaffinity(0)) // num_processes)
        self._environment = {**os.environ, **dict.fromkeys(_THREADS, str(num_threads))}

    def run(self, job: Job) -> tuple[list[float], int]:
        """Runs the commands of a job until one fails; returns their seconds and the last status."""
        TrainingDirectory(job.folder).wait_for_other_process()
        seconds, status = [], 0
        with job.log.open("a", encoding="utf-8") as output:
            for command in job.commands:
                start = time.perf_counter()
                status = self._run(command, output)
                seconds.append(time.perf_counter() - start)
                if status:
                    break
        return seconds, status

    def _run(self, command: Sequence[str], output) -> int:
        with self._lock:
            if self._are_ending:
                return -signal.SIGTERM
            process = subprocess.Popen(
                [sys.executable, "-IS", "-c", _END_WITH_THIS_PROCESS, *command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,  # Ctrl-C in a terminal interrupts this process alone.
            )
            self._running.add(process)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    def end(self) -> None:
        """Asks all processes to save and end, and lets no other begin."""
        with self._lock:
            self._are_ending = True
            for process in self._running:
                process.terminate()
