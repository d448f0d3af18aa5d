"""Times `ivaae evaluate` on a model of MNIST's size: the whole command and its parts.

    python -m benchmarks.evaluation

The model is not trained, which does not change the times. The first evaluation of a data set also
trains the classifier and computes the features of the data, which are cached. The peaks of the
resident set for few and many samples show whether memory grows with their number.
"""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from absl import flags

from benchmarks import digit_records, program, watched_process
from benchmarks.figures import Figures
from ivaae_tf.evaluation.batches import image_batches
from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.metrics.frechet import frechet_distance, frechet_standard_error
from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics
from ivaae_tf.metrics.kernel_distance import kernel_distance
from ivaae_tf.metrics.precision_recall import precision_recall
from ivaae_tf.models import samplers
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_model
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.program.image_sizes import sides
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import whole_batches
from ivaae_tf.settings import Settings
from pipelines.records.image_dataset import ImageDataset

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 2, "Evaluations of each number.", lower_bound=1)
_FEW = flags.DEFINE_integer("few_samples", 5000, "Samples of the smaller evaluation.")
_MANY = flags.DEFINE_integer("many_samples", 20_000, "Samples of the larger evaluation.")
digit_records.define_flags(num_images=60_000)

_NUM_COMPARED, _NUM_FEATURES = 10_000, 64  # sizes of the compared sets


def main():
    data = digit_records.from_flags()
    figures = Figures("evaluation", data.description)
    run = Path(flags.FLAGS.work_dir, "evaluation")
    model = write_untrained_run(run, data.open(), Settings(dataset="mnist", method="aae"))
    # The classifier and the data's features are stored here; the first evaluation makes them.
    cache = Path(flags.FLAGS.work_dir, "evaluation_data")
    shutil.rmtree(cache, ignore_errors=True)

    first = _evaluate(run, cache, _MANY.value)
    several = {number: [] for number in (_FEW.value, _MANY.value)}
    for _ in range(_ROUNDS.value):
        for number, measured in several.items():
            measured.append(_evaluate(run, cache, number))
    sides = {f"{number:,} samples": measured for number, measured in several.items()}
    sides[f"{_MANY.value:,} samples, first of the data"] = [first]
    reference = f"{_MANY.value:,} samples"
    figures.add("whole command", "s", _column(sides, "seconds"), reference)
    figures.add("whole command, peak", "MB", _column(sides, "peak_mb"), reference)
    parts = [seconds_of_parts(model, data, cache) for _ in range(_ROUNDS.value)]
    figures.add("parts", "s", {name: [each[name] for each in parts] for name in parts[0]})
    figures.write(_OUT.value)


def write_untrained_run(
    folder: Path, dataset: ImageDataset, settings: Settings
) -> InterventionAutoencoder:
    """Writes a run before its first step, replacing the folder, and returns its model."""
    shutil.rmtree(folder, ignore_errors=True)
    model = make_model(settings, (*sides(settings.image_size), dataset.channels))
    model.compile(
        **make_optimizers(settings, whole_batches(dataset.num_images("train"), settings.batch_size))
    )
    run = RunDirectory(folder)
    run.record_or_check(RunRecord.of(settings, dataset, model))
    run.save_last(model)
    return model


def seconds_of_parts(
    model: InterventionAutoencoder, data: digit_records.DigitRecords, cache: Path
) -> dict[str, float]:
    """Returns the seconds of each part of an evaluation, after the first of the data."""
    evaluator = make_evaluator(
        data.open(),
        64,
        extractor="auto",
        inception_graph=None,
        data_dir=str(cache),
        num_samples=_MANY.value,
        num_codes=data.num_images,
    )
    # The groups of scores.
    seconds = {}
    groups = iter(evaluator.scores(model, [samplers.Prior(model.prior)], epoch=0))
    for name in ("codes and FLD", "reconstructions", "samples and their scores"):
        seconds[name] = _seconds(lambda: next(groups))
    # The scores that compare sets of features.
    random = np.random.default_rng(0)
    first, second = random.random((2, _NUM_COMPARED, _NUM_FEATURES), np.float32)
    of_first, of_second = (_statistics(features) for features in (first, second))
    for name, part in {
        "of these, kernel distance": lambda: kernel_distance(first, second),
        "of these, precision and recall": lambda: precision_recall(first, second),
        "of these, Fréchet distance": lambda: (
            frechet_distance(of_first, of_second),
            frechet_standard_error(first, of_first, of_second),
        ),
    }.items():
        seconds[name] = _seconds(part)
    seconds["reading the training images, in each pass"] = _seconds(lambda: _read(evaluator))
    return seconds


def _evaluate(run: Path, cache: Path, num_samples: int) -> watched_process.Usage:
    """Evaluates a run in a separate process."""
    command = [sys.executable, "-m", "ivaae_tf", "evaluate", f"--workdir={run}"]
    return watched_process.run([*command, f"--data_dir={cache}", f"--num_samples={num_samples}"])


def _column(sides: dict[str, Sequence[watched_process.Usage]], name: str) -> dict[str, list[float]]:
    return {side: [getattr(each, name) for each in measured] for side, measured in sides.items()}


def _read(evaluator: Evaluator) -> None:
    for _ in image_batches(evaluator.dataset, "train", evaluator.image_size, "read"):
        pass


def _statistics(features: np.ndarray) -> GaussianStatistics:
    statistics = GaussianStatistics(features.shape[1])
    statistics.update(features)
    return statistics


def _seconds(part: Callable[[], object]) -> float:
    start = time.perf_counter()
    part()
    return time.perf_counter() - start


if __name__ == "__main__":
    program.run(main)
