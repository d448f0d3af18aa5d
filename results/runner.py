"""Runs what is not done of a study, several runs at a time."""

import concurrent.futures
import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from ivaae_tf.program.errors import UserError
from results.run import Record, Run

_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


@dataclasses.dataclass(frozen=True)
class Runner:
    """Runs the commands of runs in other processes.

    Attributes:
        workdir: Folder for the runs of the study.
        data_flags: Flags of the places of the data on this machine.
        num_processes: Runs at a time; they share the processor's cores.
        minutes: Time after which no further run begins.
    """

    workdir: Path
    data_flags: Sequence[str]
    num_processes: int
    minutes: float

    def complete(self, runs: Sequence[Run], records: Path) -> None:
        """Runs those that have no record, and writes their records.

        An interrupted run resumes from its last checkpoint.

        Raises:
            UserError: If a run fails; the others are stopped, and resume next time.
        """
        missing = [run for run in runs if not (records / f"{run.name}.json").exists()]
        end = time.monotonic() + 60 * self.minutes
        children = _Children()
        with (
            tqdm(total=len(runs), initial=len(runs) - len(missing), unit="run") as progress,
            concurrent.futures.ThreadPoolExecutor(self.num_processes) as pool,
        ):

            def work(run: Run) -> None:
                if time.monotonic() < end and not children.are_ending:
                    self._complete_one(run, children).write(records / f"{run.name}.json")
                    progress.update()

            tasks = [pool.submit(work, run) for run in missing]
            try:
                for task in concurrent.futures.as_completed(tasks):
                    task.result()
            except BaseException:
                children.end()
                raise

    def _complete_one(self, run: Run, children: "_Children") -> Record:
        folder = self.workdir / run.name
        folder.mkdir(parents=True, exist_ok=True)
        log = self.workdir / f"{run.name}.log"
        num_threads = max(1, (os.cpu_count() or 1) // self.num_processes)
        environment = {**os.environ, **dict.fromkeys(_THREADS, str(num_threads))}
        seconds: dict[str, float] = {}
        for command in run.commands:
            arguments = [*run.arguments(command, folder), *self.data_flags]
            start = time.perf_counter()
            with log.open("a", encoding="utf-8") as output:
                status = children.run([sys.executable, "-m", *arguments], environment, output)
            elapsed = time.perf_counter() - start
            seconds[command[0]] = round(seconds.get(command[0], 0.0) + elapsed, 1)
            if status:
                raise UserError(f"{run.name}: {command[0]} ended with status {status}; see {log}")
        return Record(run, run.outcome(folder), seconds)


class _Children:
    """The processes that run now."""

    def __init__(self) -> None:
        self.are_ending = False
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], environment: Mapping[str, str], output) -> int:
        """Runs a command to its end and returns its status."""
        with self._lock:
            if self.are_ending:
                raise UserError("another run failed")
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            self._running.add(process)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    def end(self) -> None:
        """Asks all processes to save and end, and lets no other begin."""
        with self._lock:
            self.are_ending = True
            for process in self._running:
                process.terminate()
