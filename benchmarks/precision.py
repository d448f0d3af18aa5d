"""Compares trainings in bfloat16 with trainings in float32 over several seeds.

    python -m benchmarks.precision

The runs of `ivaae train` differ only in the seed and in --mixed_precision. The figures are the
losses of the last epoch and the FLD after it, with the quartiles over the seeds, and the difference
between the means of both precisions in standard deviations over the seeds of float32.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from absl import flags

from benchmarks import digit_records, program
from benchmarks.figures import Figures
from ivaae_tf.runs.directory import RunDirectory

_OUT = program.define_out_flag()
_SEEDS = flags.DEFINE_integer("num_seeds", 4, "Runs in each precision.", lower_bound=2)
_EPOCHS = flags.DEFINE_integer("epochs", 3, "Epochs of a run.", lower_bound=1)
_WIDTH = flags.DEFINE_float("width", 0.25, "Width of the networks.")
_METHOD = flags.DEFINE_string("flagfile_of_runs", "mnist_ivaae_radial", "Flagfile of the runs.")
digit_records.define_flags(num_images=60_000)

_LOSSES = ("val_reconstruction_loss", "js_estimate")
_FLD = "fld"


def main():
    data = digit_records.from_flags()
    figures = Figures("precision", data.description)
    measured: dict[str, dict[str, list[float]]] = {}
    for seed in range(_SEEDS.value):
        for precision in ("float32", "bfloat16"):
            for name, value in _train(precision, seed, data).items():
                measured.setdefault(name, {}).setdefault(precision, []).append(value)
            print(f"seed {seed}, {precision}: done", flush=True)
    topic = f"{_METHOD.value}, width {_WIDTH.value:g}, {_EPOCHS.value} epochs"
    for name, values in measured.items():
        unit = "s" if name == "time" else ""
        figures.add(f"{topic}, {name}", unit, values, reference="float32")
        apart = np.mean(values["bfloat16"]) - np.mean(values["float32"])
        spread = np.std(values["float32"], ddof=1)
        figures.add(f"{topic}, {name}", "standard deviations", {"apart": float(apart / spread)})
    figures.write(_OUT.value)


def _train(precision: str, seed: int, data: digit_records.DigitRecords) -> dict[str, float]:
    """Trains a run and returns its time, its last losses and its FLD."""
    run = RunDirectory(Path(flags.FLAGS.work_dir, f"precision_{precision}_{seed}"))
    shutil.rmtree(run.path, ignore_errors=True)
    command = [sys.executable, "-m", "ivaae_tf", "train", f"--flagfile={_METHOD.value}"]
    command += [*data.flags, f"--workdir={run.path}", f"--seed={seed}", f"--width={_WIDTH.value}"]
    command += [f"--epochs={_EPOCHS.value}", f"--evaluate_every={_EPOCHS.value}"]
    command += ["--extractor=none", f"--mixed_precision={str(precision == 'bfloat16').lower()}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    history = run.read_history()[_EPOCHS.value]
    (fld,) = (score.value for score in run.read_scores() if score.name == _FLD)
    return {**{name: history[name] for name in _LOSSES}, "FLD": fld, "time": seconds}


if __name__ == "__main__":
    program.run(main)
