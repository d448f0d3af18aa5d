"""Runs a function on many inputs in processes that a bad input may end."""

import collections
import contextlib
import dataclasses
import functools
import itertools
import os
import selectors
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from pipelines.workers import budget as budgets
from pipelines.workers import fork_server, memory

# A worker has its next inputs at hand when it has finished one. They would wait if it takes long.
_INPUTS_AT_HAND = 3


@dataclasses.dataclass(frozen=True)
class Failure:
    """The result of an input whose worker had to be ended, or crashed.

    Attributes:
        reason: One line.
    """

    reason: str


@dataclasses.dataclass(frozen=True)
class _Bug:
    """The result of an input on which the function raised an error."""

    traceback: str


class _Worker:
    """A process, as the pool sees it."""

    def __init__(self, connection: Connection, pid: int, place: int):
        self.connection, self.pid, self.place = connection, pid, place
        self.is_ready = False
        # What it has not answered yet; it works on the first.
        self.inputs: collections.deque[Any] = collections.deque()


class WorkerPool:
    """Processes that work side by side, each with a budget for every input.

    An input that exceeds the budget, or that crashes its process, costs a new process, which takes
    a fraction of a second.

    Args:
        initialize: Called in each worker before it has a budget.
        memory_budget: What inputs may cost in memory.
        num_workers: Number of processes; None for one on each processor of this process, or fewer
            if there is little memory.
    """

    def __init__(
        self,
        initialize: Callable[[], None],
        *,
        memory_budget: budgets.MemoryBudget = budgets.MEMORY,
        num_workers: int | None = None,
    ):
        self._initialize = initialize
        self._memory_budget = memory_budget
        free = memory.free_memory()
        self._num_workers = num_workers or max(
            1, min(len(os.sched_getaffinity(0)), free // memory_budget.usual)
        )
        # That many workers at once are allowed more memory, and take half of what is free.
        self._num_places = max(1, free // 2 // memory_budget.large)
        self._workers: list[_Worker] = []

    def __enter__(self) -> "WorkerPool":
        self._running = fork_server.running()
        self._server = self._running.__enter__()
        self._turns = os.memfd_create("turns")
        self._selector = selectors.DefaultSelector()
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(RuntimeError):  # The workers have ended with the server.
            for worker in list(self._workers):
                self._end(worker)
        self._selector.close()
        os.close(self._turns)
        self._running.__exit__(None, None, None)

    def map(
        self,
        function: Callable[[Any], Any],
        inputs: Iterable,
        *,
        budget: budgets.TimeBudget = budgets.TIME,
    ) -> Iterator[tuple[Any, Any]]:
        """Yields each input and its result, as the results come.

        Args:
            function: Can be pickled, as its inputs and results.
            inputs: Read as the workers need them.
            budget: The time that each input may take.

        Returns:
            (input, the function's result or a `Failure`) for each input.

        Raises:
            RuntimeError: If the function raises an error, or the workers do not start.
        """
        again: collections.deque[Any] = collections.deque()  # First, those of ended workers.
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
            for worker in self._workers:
                give(worker)
            while len(self._workers) < self._num_workers and has_more():
                give(self._start(place=len(self._workers)))
            while any(worker.inputs for worker in self._workers):
                for key, _ in self._selector.select():
                    worker = key.data
                    try:
                        result = worker.connection.recv()
                    except (EOFError, OSError):
                        if not worker.is_ready:
                            raise RuntimeError("a worker process ended at its start") from None
                        exit_code = self._end(worker)
                        value = worker.inputs.popleft()
                        again.extend(worker.inputs)
                        give(self._start(worker.place))
                        yield value, Failure(budget.reason(exit_code))
                        continue
                    if not worker.is_ready:
                        worker.is_ready = True
                        continue
                    if isinstance(result, _Bug):
                        raise RuntimeError(f"in a worker process:\n{result.traceback}")
                    value = worker.inputs.popleft()
                    give(worker)
                    yield value, result
        finally:
            with contextlib.suppress(RuntimeError):
                for worker in list(self._workers):
                    if worker.inputs:  # The caller stopped before the end.
                        self._end(worker)

    def _start(self, place: int) -> _Worker:
        target = functools.partial(
            _work,
            initialize=self._initialize,
            memory_budget=self._memory_budget,
            place=place % self._num_places,
        )
        worker = _Worker(*self._server.fork(target, self._turns), place)
        self._selector.register(worker.connection, selectors.EVENT_READ, worker)
        self._workers.append(worker)
        return worker

    def _end(self, worker: _Worker) -> int:
        """Ends a worker, and returns its exit code if it had ended before."""
        self._workers.remove(worker)
        self._selector.unregister(worker.connection)
        exit_code = self._server.end(worker.pid)
        worker.connection.close()
        return exit_code


def _work(
    connection: Connection,
    turns: int,
    *,
    initialize: Callable[[], None],
    memory_budget: budgets.MemoryBudget,
    place: int,
) -> None:
    """Answers a pool, in a worker, until the pool closes the connection."""
    initialize()
    budgets.limit_memory(memory_budget, turns, place)
    connection.send("ready")
    while True:
        try:
            function, value, budget = connection.recv()
        except EOFError:
            return
        result: Any
        try:
            with budget.spending():
                result = function(value)
        except MemoryError as error:
            result = Failure(budgets.memory_reason(error))
        except Exception:
            result = _Bug(traceback.format_exc())
        connection.send(result)
