"""Finds the images that are unlike the training images.

    ivaae outliers --workdir=runs/photos --image_folder=new_photos --out=outliers

What a model has not learned, it reconstructs poorly. The p-value of an image says how often a
held-out image costs as much or more. The energy of the code stands beside it, under a mixture of
the training codes; each alone can miss outliers, so there is a p-value of both together, too. --out
gets a table and a picture of the worst images, each with its reconstruction and its errors. With
--normal, the program also says how well the costs tell the outliers from the normal images.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
from absl import flags

from ivaae_tf import commands
from ivaae_tf.evaluation import image_batches
from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.evaluation.outliers.calibration import Calibration, combined_costs, p_values
from ivaae_tf.evaluation.outliers.costs import Judged, judge
from ivaae_tf.metrics.detection import detection_scores
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.plots import files
from ivaae_tf.plots.error_maps import contact_sheet
from ivaae_tf.plots.images import save_png
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.folder.named_images import NamedFolder
from pipelines.records import opening
from pipelines.records.image_dataset import ImageDataset

FLAGS = flags.FLAGS
commands.OUTLIERS.define_flags()


_DEFAULT_RATE = 0.01  # of false alarms, if there are enough held-out images
_NUM_COMPONENTS = 10  # of the mixture, as `ivaae evaluate --sampler=gmm` fits it


def main(argv) -> None:
    """Judges the images, writes the table and the picture, and says what was found."""
    del argv
    folder = NamedFolder(FLAGS.image_folder, [FLAGS.out]) if FLAGS.image_folder else None
    run = RunDirectory(FLAGS.workdir)
    image_size = run.read_record().settings.image_size
    run.check_has_encoder()
    dataset = run.open_dataset(
        FLAGS.data_dir,
        FLAGS.training_folder,
        manual_dir=FLAGS.manual_dir,
        flags={"folder": "--training_folder"},
    )
    if FLAGS.normal:
        check_normal(FLAGS.normal, image_batches.kinds(folder, dataset, FLAGS.split))
    model = run.load_best()
    mixture = load_or_fit_mixture(run, model, dataset, image_size)

    held_out = judge(model, mixture, image_batches.of_split(dataset, "validation", image_size))
    calibration = Calibration(
        held_out.reconstruction_sse, held_out.latent_energy, run.epochs_trained(model)
    )
    rate = FLAGS.false_alarm_rate or max(_DEFAULT_RATE, calibration.lowest_rate)
    threshold = calibration.threshold(rate)
    calibration.save(run.calibration_path)

    if folder:
        images = image_batches.of_folder(folder, dataset, image_size)
    else:
        images = image_batches.of_split(dataset, FLAGS.split, image_size)
    judged = judge(model, mixture, images, FLAGS.num_worst)
    # Of a held-out image, the others alone are held out.
    is_held_out = folder is None and FLAGS.split == "validation"
    combined, p_of = compared(judged, held_out, calibration, is_held_out)
    write(Path(FLAGS.out), judged, p_of, threshold)

    if folder and folder.refused:
        name, reason = folder.refused[0]
        print(f"{len(folder.refused)} file(s) cannot be judged, such as {name}: {reason}")
    print(
        f"{np.sum(judged.reconstruction_sse > threshold):,} of {len(judged.names):,} images cost "
        f"more than {threshold:.5g}, as {rate:.2g} of images like the "
        f"{calibration.num_images:,} held-out ones do"
    )
    print(f"table and worst images in {FLAGS.out}")
    if FLAGS.normal:
        print(format_scores(detection_of(judged, combined, FLAGS.normal, Path(FLAGS.out))))


def compared(
    judged: Judged, held_out: Judged, calibration: Calibration, is_held_out: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Returns both costs combined, and the p-values of each cost and of both, by their columns."""
    combined = combined_costs(
        judged.reconstruction_sse, judged.latent_energy, calibration, is_held_out
    )
    of_held_out = combined_costs(
        held_out.reconstruction_sse, held_out.latent_energy, calibration, are_held_out=True
    )
    costs = {
        "p_value": (judged.reconstruction_sse, calibration.reconstruction_sse),
        "latent_p_value": (judged.latent_energy, calibration.latent_energy),
        "combined_p_value": (combined, np.sort(of_held_out)),
    }
    return combined, {name: p_values(*pair, is_held_out) for name, pair in costs.items()}


def load_or_fit_mixture(
    run: RunDirectory, model: InterventionAutoencoder, dataset: ImageDataset, image_size: int
) -> GaussianMixture:
    """Returns the mixture of the training codes that the run has, or a new one, and stores it."""
    try:
        return GaussianMixture.load(
            run.gaussian_mixture_path, run.epochs_trained(model), model.latent_dim
        )
    except UserError as error:  # It is missing, damaged or of other codes.
        if run.gaussian_mixture_path.exists():
            print(f"{str(error).partition(';')[0]}; fitted again", file=sys.stderr)
        evaluator = Evaluator(dataset, image_size, None, Path(FLAGS.data_dir))
        codes = np.concatenate(list(evaluator.codes(model)))
        num_components = min(_NUM_COMPONENTS, len(codes))
        mixture = GaussianMixture.fit(codes, num_components, 0, run.epochs_trained(model))
        mixture.save(run.gaussian_mixture_path)
        return mixture


def check_normal(normal: Sequence[str], kinds: Collection[str]) -> None:
    """Checks that there are images of the normal kinds and of others.

    Raises:
        UserError: If a kind does not exist, or there are no outliers.
    """
    if unknown := set(normal) - set(kinds):
        raise UserError(
            f"--normal: found no images of {', '.join(sorted(unknown))}; expected "
            f"{', '.join(map(_in_words, sorted(kinds))) or 'images with labels'}"
        )
    if not set(kinds) - set(normal):
        raise UserError("--normal: all images are normal; expected outliers among them")


def _in_words(kind: str) -> str:
    return ". (images in no subfolder)" if kind == "." else kind


def detection_of(
    judged: Judged, combined: np.ndarray, normal: Sequence[str], out: Path
) -> list[Score]:
    """Returns how well the costs tell the other kinds from the normal one; writes detection.csv."""
    is_normal = np.isin(judged.kinds, normal)
    is_outlier = (judged.kinds != "") & ~is_normal
    costs_of = {
        "reconstruction": judged.reconstruction_sse,
        "latent": judged.latent_energy,
        "combined": combined,
    }
    scores = [
        score
        for name, costs in costs_of.items()
        for score in detection_scores(costs[is_outlier], costs[is_normal], name)
    ]
    conditions = ("num_outliers", "num_normal", "low", "high")
    table = [
        (each.name, each.value, *(each.conditions.get(name) for name in conditions))
        for each in scores
    ]
    files.save(out / _DETECTION, files.to_csv(("score", "value", *conditions), table))
    return scores


def write(out: Path, judged: Judged, p_of: Mapping[str, np.ndarray], threshold: float) -> None:
    """Writes outliers.csv and worst.png to a folder, in place of an earlier result."""
    out.mkdir(parents=True, exist_ok=True)
    (out / _DETECTION).unlink(missing_ok=True)
    columns = (
        judged.names,
        judged.kinds,
        judged.reconstruction_sse,
        judged.latent_energy,
        *p_of.values(),
        (judged.reconstruction_sse > threshold).astype(int),
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    header = (*_COLUMNS, *p_of, "is_outlier")
    files.save(out / "outliers.csv", files.to_csv(header, rows))
    save_png(out / "worst.png", contact_sheet(judged.worst, judged.reconstructions))


_DETECTION = "detection.csv"
_COLUMNS = ("file", "kind", "reconstruction_sse", "latent_energy")


if __name__ == "__main__":
    command_line.run(main, commands.OUTLIERS, opening.with_record)
