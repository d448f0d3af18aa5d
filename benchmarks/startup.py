"""Times the start of commands: each command's help, and a training until its first epoch.

python -m benchmarks.startup
"""

import subprocess
import sys
import tempfile
import time

from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from ivaae_tf.commands import COMMANDS

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Runs of each command.", lower_bound=1)
_TINY = ("--dataset=digits", "--image_size=8", "--width=0.02", "--epochs=1", "--evaluate_every=0")


def main():
    figures = Figures("startup")
    helps = {
        name: [
            _seconds([sys.executable, "-m", "ivaae_tf", name, "--help"])
            for _ in range(_ROUNDS.value)
        ]
        for name in COMMANDS
    }
    figures.add("--help", "s", helps)
    imports, trainings = [], []
    with tempfile.TemporaryDirectory() as folder:
        train = [sys.executable, "-m", "ivaae_tf", "train", *_TINY, f"--data_dir={folder}"]
        _seconds([*train, f"--workdir={folder}/first"])  # writes the records
        for index in range(_ROUNDS.value):
            imports.append(_seconds([sys.executable, "-c", "import tensorflow"]))
            trainings.append(_seconds([*train, f"--workdir={folder}/{index}"], until="Epoch 1/1"))
    figures.add(
        "start",
        "s",
        {"import tensorflow": imports, "train, until the first epoch begins": trainings},
        reference="import tensorflow",
    )
    figures.write(_OUT.value)


def _seconds(command: list[str], until: str | None = None) -> float:
    """Returns the seconds until a line of the output begins with a text, or until the end."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        for line in process.stdout:
            if until is not None and line.startswith(until):
                seconds = time.perf_counter() - start
                process.kill()
                return seconds
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    return time.perf_counter() - start


if __name__ == "__main__":
    program.run(main)
