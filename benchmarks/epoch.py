"""Times whole epochs of this program, of pythae and of a plain PyTorch script on MNIST.

    python -m benchmarks.epoch

All programs train the same networks on the same images with our settings, AAE and WAE-MMD. `ivaae
train` reads its images, writes curves, validates and saves a checkpoint in each epoch; the others
have their images in memory and save nothing. The programs alternate after each epoch; the first and
the last epoch are not counted. Then our evaluation scores all models, after equal epochs.
"""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from benchmarks import digit_records, program
from benchmarks.epoch_program import EpochProgram, alternate
from benchmarks.figures import Figures
from ivaae_tf.metrics.score import Score
from ivaae_tf.runs.score_file import read_scores

_OUT = program.define_out_flag()
_EPOCHS = flags.DEFINE_integer("epochs", 5, "Epochs of each program.", lower_bound=3)
_METHODS = flags.DEFINE_multi_enum(
    "method", ["aae", "wae_mmd"], ["aae", "wae_mmd"], "Method; repeatable."
)
digit_records.define_flags(num_images=15_000)

_OURS = "ivaae train"
_OTHERS = {"aae": ("pythae", "PyTorch script"), "wae_mmd": ("pythae",)}


def main():
    data = digit_records.from_flags()
    figures = Figures("epoch", data.description)
    for method in _METHODS.value:
        folder = Path(flags.FLAGS.work_dir, f"epoch_{method}")
        shutil.rmtree(folder, ignore_errors=True)
        commands = {
            side: _command(side, method, folder, data.flags) for side in (_OURS, *_OTHERS[method])
        }
        with contextlib.ExitStack() as stack:
            programs = {
                side: stack.enter_context(EpochProgram(command))
                for side, command in commands.items()
            }
            seconds = alternate(programs, _EPOCHS.value - 2)
            for program in programs.values():
                program.finish()
        figures.add(f"{method}, whole epoch", "s", seconds, reference="pythae")
        scores = {side: _scores(side, folder) for side in commands}
        for name, unit in (("fld", ""), ("reconstruction_sse", "an image")):
            figures.add(
                f"{method}, {name} after {_EPOCHS.value} epochs",
                unit,
                {side: values[name] for side, values in scores.items()},
            )
    figures.write(_OUT.value)


def _command(side: str, method: str, folder: Path, data: Sequence[str]) -> list[str]:
    """Returns the command with which a program trains a method."""
    epochs = f"--epochs={_EPOCHS.value}"
    if side == _OURS:
        own = ["ivaae_tf", "train", f"--flagfile=mnist_{method}", f"--workdir={folder / 'ours'}"]
        own += ["--evaluate_every=0", "--pictures_every=1000000"]
    elif side == "pythae":
        own = ["benchmarks.pythae_training", f"--model={method}", "--settings=ours"]
        own += ["--extractor=none", "--num_samples=1000", f"--out={folder / 'pythae.json'}"]
    else:
        own = ["benchmarks.pytorch_training", f"--out={folder / 'PyTorch script.json'}"]
    return [sys.executable, "-m", *own, *data, epochs]


def _scores(side: str, folder: Path) -> dict[str, float]:
    """Returns the scores of the model that a program has trained."""
    if side == _OURS:
        run = folder / "ours"
        arguments = [f"--workdir={run}", "--extractor=none", "--num_samples=1000"]
        subprocess.run(
            [sys.executable, "-m", "ivaae_tf", "evaluate", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        scores = read_scores(run / "scores.json")
    else:
        stored = json.loads((folder / f"{side}.json").read_text("utf-8"))
        scores = [Score.from_json(record) for record in stored["scores"]]
    return {score.name: score.value for score in scores}


if __name__ == "__main__":
    program.run(main)
