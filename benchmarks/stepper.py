"""Runs training steps on request in a separate process.

To compare programs, or one program with different environment variables, benchmarks alternate
blocks of steps of several processes, so that background load affects all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np

_PAUSE = 0.3  # Threads of OpenMP wait actively for up to 0.2 s after a step.


class Stepper:
    """A process that runs a training step.

    Args:
        module: "benchmarks.stepper" for this program's step, "benchmarks.pytorch_step" for
            PyTorch's.
        arguments: Arguments of the step, `name=value`.
        environment: Variables to set; None as a value unsets one.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str | None] = {}
    ):
        variables = {**os.environ, **environment}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={key: value for key, value in variables.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds_of_a_step(self) -> float:
        """Runs a step and returns its seconds.

        Raises:
            RuntimeError: If the process has ended.
        """
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} exited with {self._process.wait()}")
        return float(line)

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def alternate(
    steppers: Mapping[str, Stepper], num_rounds: int, steps_in_a_block: int, warm_up: int = 3
) -> dict[str, np.ndarray]:
    """Returns the seconds of the steps of each process, in alternating blocks.

    Args:
        steppers: Name -> process, or several processes with the method `seconds_of_a_step`.
        num_rounds: Blocks of each process.
        steps_in_a_block: Timed steps in a block; one more before them is not counted.
        warm_up: Steps of each process before the first block.
    """
    for stepper in steppers.values():
        for _ in range(warm_up):
            stepper.seconds_of_a_step()
    times: dict[str, list[float]] = {name: [] for name in steppers}
    for _ in range(num_rounds):
        for name, stepper in steppers.items():
            time.sleep(_PAUSE)
            stepper.seconds_of_a_step()
            times[name] += [stepper.seconds_of_a_step() for _ in range(steps_in_a_block)]
    return {name: np.array(values) for name, values in times.items()}


def serve(step) -> None:
    """Runs a step for each line of standard input, and prints its seconds."""
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


def main() -> None:
    """Serves this program's step."""
    from benchmarks.steps import training_step  # The parent process does not need these imports.

    serve(training_step(**dict(argument.split("=") for argument in sys.argv[1:])))


if __name__ == "__main__":
    main()
