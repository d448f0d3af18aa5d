"""Times two workers on one machine against one process, and counts their collective operations.

    python -m benchmarks.scaling

The one process has all cores of the machine, and each of the two workers has half of them. The
workers communicate over the loopback interface. Efficiency is the time of the one process divided
by the time of the two workers for the same global batch, so 100 % would mean no overhead.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from benchmarks.stepper import alternate

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of steps of each team.", lower_bound=1)
_STEPS = flags.DEFINE_integer("num_steps", 5, "Timed steps in a block.", lower_bound=1)
_NETWORKS = flags.DEFINE_multi_enum(
    "network", ["mnist", "convolutional"], ["mnist", "convolutional"], "Step; repeatable."
)


def main():
    figures = Figures("scaling")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("error: two workers need at least 2 cores, found 1")
    halves = cores[: len(cores) // 2], cores[len(cores) // 2 : len(cores) // 2 * 2]
    for name in _NETWORKS.value:
        with contextlib.ExitStack() as stack:
            sides = {
                "one process": stack.enter_context(Team([cores], name)),
                "two workers": stack.enter_context(Team(halves, name)),
            }
            seconds = alternate(sides, _ROUNDS.value, _STEPS.value)
            collectives = sides["two workers"].collectives
        figures.add(
            f"{name}, a step",
            "ms",
            {side: 1000 * times for side, times in seconds.items()},
            reference="one process",
        )
        one, two = (float(np.median(seconds[side])) for side in sides)
        figures.add(f"{name}, two workers", "%", {"efficiency": 100 * one / two})
        for kind, (number, num_bytes) in sorted(collectives.items()):
            figures.add(f"{name}, {kind} a step", "operations", {"two workers": number})
            figures.add(f"{name}, {kind} a step", "MB a worker", {"two workers": num_bytes / 1e6})
    figures.write(_OUT.value)


class Team:
    """Processes that train together, each on its own cores.

    Args:
        cores: The cores of each process.
        name: The step, a name of `StepSettings`.

    Attributes:
        collectives: Kind -> (number of operations, bytes) in the step of a worker.
    """

    def __init__(self, cores: Sequence[Sequence[int]], name: str):
        addresses = _free_addresses(len(cores))
        self._processes = []
        for index, own in enumerate(cores):
            task = {"type": "worker", "index": index}
            config = json.dumps({"cluster": {"worker": addresses}, "task": task})
            self._processes.append(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "benchmarks.scaling_worker"),
                        *(",".join(map(str, own)), f"name={name}"),
                    ],
                    env={**os.environ, "TF_CONFIG": config},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        self.collectives, *_ = [json.loads(self._read(each)) for each in self._processes]

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *exception) -> None:
        for process in self._processes:
            process.stdin.close()
        for process in self._processes:
            process.wait()
            process.stdout.close()

    def seconds_of_a_step(self) -> float:
        """Runs a step of all processes, and returns the seconds of the slowest."""
        for process in self._processes:
            process.stdin.write("step\n")
            process.stdin.flush()
        return max(float(self._read(process)) for process in self._processes)

    @staticmethod
    def _read(process: subprocess.Popen) -> str:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{process.args} exited with {process.wait()}")
        return line


def _free_addresses(number: int) -> list[str]:
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)
        ]
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


if __name__ == "__main__":
    program.run(main)
