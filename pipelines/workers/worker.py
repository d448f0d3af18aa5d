"""The process of a worker."""

import dataclasses
import importlib
import os
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any


class RefusedError(Exception):
    """An error for an unusable input; the message is the reason, on one line."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """The result of an input that is refused, exceeded its budget, or crashed its worker.

    Attributes:
        reason: One line.
    """

    reason: str


@dataclasses.dataclass(frozen=True)
class Bug:
    """The result of an input on which the function raised an error."""

    traceback: str


def main() -> None:
    """Answers a pool until the pool's process ends, in any way.

    The arguments of the process are the descriptor of its connection to the pool, and the name of
    a module to initialize.
    """
    threading.Thread(target=_end_with_the_pool, daemon=True).start()
    connection, module = Connection(int(sys.argv[1])), sys.argv[2]
    # TensorFlow imports Keras if it can, for 1.6 of the 4 seconds that its import takes.
    sys.modules["keras"] = None  # type: ignore[assignment]  # No worker uses it.
    importlib.import_module(module).initialize()
    connection.send("ready")
    while True:
        function, value, budget = connection.recv()
        result: Any
        try:
            with budget.spending():
                result = function(value)
        except RefusedError as error:
            result = Failure(str(error))
        except MemoryError:
            result = Failure(budget.memory_reason)
        except Exception:
            result = Bug(traceback.format_exc())
        connection.send(result)


def _end_with_the_pool() -> None:
    sys.stdin.read()  # Nothing is written to it, so that it ends with the pool's process.
    os._exit(0)  # An orderly end would take a while, with TensorFlow.
