"""Outliers of a run: evaluates images, writes the table and the picture of the worst."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ivaae_tf.evaluation import image_batches
from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.evaluation.outliers.calibration import Calibration, combined_costs, p_values
from ivaae_tf.evaluation.outliers.costs import Judged, judge
from ivaae_tf.metrics.detection import detection_scores
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.plots import files
from ivaae_tf.plots.heat_maps import contact_sheet
from ivaae_tf.plots.images import save_png
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from ivaae_tf.runs.directory import RunDirectory
from pipelines.folder.named_images import NamedFolder
from pipelines.records.image_dataset import ImageDataset

_DEFAULT_RATE = 0.01  # of false alarms, if there are enough held-out images
_NUM_COMPONENTS = 10  # of the mixture, as `ivaae evaluate --sampler=gmm` fits it
_DETECTION = "detection.csv"
_COLUMNS = ("file", "kind", "reconstruction_sse", "latent_energy")


class Outliers(NamedTuple):
    """Outliers among images.

    Attributes:
        num_outliers: Images whose reconstruction costs more than the threshold.
        num_images: All images.
        threshold: The largest reconstruction error of an image that is not an outlier.
        rate: The share of images like the held-out ones that cost more.
        num_held_out: The number of held-out images.
        refused: Files that are not images, each with the reason.
        scores: How well the costs distinguish the images that are not normal; may be empty.
    """

    num_outliers: int
    num_images: int
    threshold: float
    rate: float
    num_held_out: int
    refused: Sequence[tuple[str, str]]
    scores: Sequence[Score]


def find_outliers(
    run: RunDirectory,
    out: Path,
    *,
    image_folder: str | None,
    split: str,
    normal: Sequence[str],
    false_alarm_rate: float | None,
    num_worst: int,
    data_dir: str,
    training_folder: str | None,
    manual_dir: str | None,
) -> Outliers:
    """Returns the outliers of a folder or a split; writes outliers.csv and worst.png.

    Args:
        run: The folder of a run with an encoder.
        out: Folder to write to.
        image_folder: Folder of the images, or None for the split.
        split: Split of the run's data, used without a folder.
        normal: Names of the normal kinds; empty if it is not known.
        false_alarm_rate: Share of held-out images above the threshold; None for the default.
        num_worst: Images in the picture.
        data_dir: Folder of the prepared data sets.
        training_folder: Folder that the run was trained on, if its records are gone.
        manual_dir: Folder with original files.

    Raises:
        UserError: If the run or the images lack what is needed.
    """
    folder = NamedFolder(image_folder, [str(out)]) if image_folder else None
    image_size = run.read_record().settings.image_size
    run.check_has_encoder()
    dataset = run.open_dataset(
        data_dir,
        image_folder=training_folder,
        manual_dir=manual_dir,
        flags={"folder": "--training_folder"},
    )
    if normal:
        _check_normal(normal, image_batches.kinds(folder, dataset, split))
    model = run.load_best()
    mixture = _load_or_fit_mixture(run, model, dataset, image_size, Path(data_dir))

    held_out = judge(model, mixture, image_batches.of_split(dataset, "validation", image_size))
    calibration = Calibration(
        held_out.reconstruction_sse, held_out.latent_energy, run.epochs_trained(model)
    )
    rate = false_alarm_rate or max(_DEFAULT_RATE, calibration.lowest_rate)
    threshold = calibration.threshold(rate)
    calibration.save(run.calibration_path)

    if folder:
        images = image_batches.of_folder(folder, dataset, image_size)
    else:
        images = image_batches.of_split(dataset, split, image_size)
    judged = judge(model, mixture, images, num_worst)
    # For a held-out image, only the others are held out.
    is_held_out = folder is None and split == "validation"
    combined, p_of = _compared(judged, held_out, calibration, is_held_out)
    _write(out, judged, p_of, threshold)
    return Outliers(
        int(np.sum(judged.reconstruction_sse > threshold)),
        len(judged.names),
        threshold,
        rate,
        calibration.num_images,
        folder.refused if folder else (),
        _detection(judged, combined, normal, out) if normal else (),
    )


def _compared(
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


def _load_or_fit_mixture(
    run: RunDirectory,
    model: InterventionAutoencoder,
    dataset: ImageDataset,
    image_size: ImageSize,
    data_dir: Path,
) -> GaussianMixture:
    """Returns the mixture of the training codes that the run has, or a new one, and stores it."""
    try:
        return GaussianMixture.load(
            run.gaussian_mixture_path, run.epochs_trained(model), model.latent_dim
        )
    except UserError as error:  # It is missing, damaged or of other codes.
        if run.gaussian_mixture_path.exists():
            print(f"{str(error).partition(';')[0]}; fitted again", file=sys.stderr)
        evaluator = Evaluator(dataset, image_size, None, data_dir)
        codes = np.concatenate(list(evaluator.codes(model)))
        num_components = min(_NUM_COMPONENTS, len(codes))
        mixture = GaussianMixture.fit(codes, num_components, 0, run.epochs_trained(model))
        mixture.save(run.gaussian_mixture_path)
        return mixture


def _check_normal(normal: Sequence[str], kinds: Collection[str]) -> None:
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


def _detection(
    judged: Judged, combined: np.ndarray, normal: Sequence[str], out: Path
) -> list[Score]:
    """Returns how well the costs distinguish outliers from normal images; writes them, too."""
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


def _write(out: Path, judged: Judged, p_of: Mapping[str, np.ndarray], threshold: float) -> None:
    """Writes outliers.csv and worst.png to a folder, instead of an earlier result."""
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
