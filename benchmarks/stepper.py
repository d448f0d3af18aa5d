"""Runs a training step on request in a process of its own.

To compare processes, such as with different environment variables, programs alternate the steps of
several. So other load on the machine affects all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping


class Stepper:
    """A process that runs the training step `name` of `benchmarks.steps`.

    Args:
        name: "mnist" or "convolutional".
        environment: Variables to set; None as a value unsets one.
    """

    def __init__(self, name: str, environment: Mapping[str, str | None] = {}):
        variables = {**os.environ, **environment}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stepper", name],
            env={key: value for key, value in variables.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds_of_a_step(self) -> float:
        """Runs a step and returns its seconds."""
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def serve(name: str) -> None:
    """Runs a step for each line of standard input, and prints its seconds."""
    from benchmarks.steps import training_step  # Its imports are not for the parent process.

    step = training_step(name)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
