"""Runs a function on many inputs in worker processes that a bad input may end."""

import collections
import contextlib
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from pipelines.workers import memory
from pipelines.workers.budget import USUAL, Budget
from pipelines.workers.worker import Bug, Failure

# A worker has its next inputs at hand when it has finished one. They would wait if it takes long.
_INPUTS_AT_HAND = 3

_PROGRAM = "from pipelines.workers import worker; worker.main()"


class _Worker:
    """A process, as the pool sees it. It does not import the user's main."""

    def __init__(self, module: str):
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), module],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # Libraries complain there about files.
                process_group=0,  # Ctrl-C goes to a whole group: one process answers it.
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
                    "CUDA_VISIBLE_DEVICES": "-1",  # A worker would take memory of each GPU.
                },
            )
        self.connection = Connection(ours.detach())
        self.is_ready = False
        # What it has not answered yet; it works on the first.
        self.inputs: collections.deque[Any] = collections.deque()

    def end(self) -> int:
        """Kills the process if it still runs, and returns its exit code."""
        self._process.kill()
        self.connection.close()
        with self._process:  # Waits, and closes its standard input.
            pass
        return self._process.returncode


class WorkerPool:
    """Processes that work side by side, each with a budget for every input.

    An input that exceeds the budget, or that crashes its process, costs a new process, which takes
    some seconds if it imports TensorFlow.

    Args:
        module: The name of a module, whose `initialize()` is called in each worker.
        budget: What an input may cost.
        num_workers: Number of processes; None for one on each processor of this process, or fewer
            if there is not enough memory for a budget each.
    """

    def __init__(self, module: str, *, budget: Budget = USUAL, num_workers: int | None = None):
        self.budget = budget
        self._module = module
        self._num_workers = num_workers or max(
            1, min(len(os.sched_getaffinity(0)), memory.free_memory() // self.budget.num_bytes)
        )
        self._workers: list[_Worker] = []

    def __enter__(self) -> "WorkerPool":
        self._workers = [_Worker(self._module)]  # `map` starts the others, if it has inputs.
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.end()

    def map(
        self, function: Callable[[Any], Any], inputs: Iterable, *, budget: Budget | None = None
    ) -> Iterator[tuple[Any, Any]]:
        """Yields each input and its result, as the results come.

        Args:
            function: Can be pickled, as its inputs and results.
            inputs: Read as the workers need them.
            budget: What each input may cost; None for the budget of the pool.

        Returns:
            (input, the function's result or a `Failure`) for each input.

        Raises:
            RuntimeError: If the function raises an error, or the workers do not start.
        """
        budget = budget or self.budget
        again: collections.deque[Any] = collections.deque()  # First, the inputs of ended workers.
        rest = iter(inputs)

        def has_more() -> bool:
            again.extend(itertools.islice(rest, 0 if again else 1))
            return bool(again)

        def give(worker: _Worker) -> None:
            while len(worker.inputs) < _INPUTS_AT_HAND and has_more():
                value = again.popleft()
                worker.inputs.append(value)
                with contextlib.suppress(OSError):  # If it has ended, reading from it tells.
                    worker.connection.send((function, value, budget))

        try:
            while True:
                for worker in self._workers:
                    give(worker)
                while len(self._workers) < self._num_workers and has_more():
                    self._workers.append(_Worker(self._module))
                    give(self._workers[-1])
                busy = [worker for worker in self._workers if worker.inputs]
                if not busy:
                    return
                answered = wait([worker.connection for worker in busy])
                for worker in [each for each in busy if each.connection in answered]:
                    try:
                        result = worker.connection.recv()
                    except (EOFError, OSError):
                        if not worker.is_ready:
                            raise RuntimeError("a worker process ended at its start") from None
                        self._workers.remove(worker)
                        value, *others = worker.inputs
                        again.extend(others)
                        yield value, Failure(budget.exit_reason(worker.end()))
                        continue
                    if not worker.is_ready:
                        worker.is_ready = True
                    elif isinstance(result, Bug):
                        raise RuntimeError(f"in a worker process:\n{result.traceback}")
                    else:
                        yield worker.inputs.popleft(), result
        finally:
            for worker in list(self._workers):
                if worker.inputs:  # The caller stopped before the end.
                    self._workers.remove(worker)
                    worker.end()
