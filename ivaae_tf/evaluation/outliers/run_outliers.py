"""Outliers of a run: evaluates images, writes the table and the picture of the worst."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ivaae_tf.api.options import OutlierOptions
from ivaae_tf.evaluation import named_batches
from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.evaluation.fitted_mixtures import fit_mixtures
from ivaae_tf.evaluation.outliers.calibration import Calibration, combined_costs, p_values
from ivaae_tf.evaluation.outliers.costs import Judged, judge
from ivaae_tf.metrics.detection import detection_scores
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.plots import files
from ivaae_tf.plots.images import save_png
from ivaae_tf.plots.signals import SHEETS
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from ivaae_tf.runs.directory import RunDirectory
from pipelines.folder.named_images import NamedFolder
from pipelines.records.image_dataset import ImageDataset
from pipelines.records.kinds import Kind
from pipelines.sources import arrays_in_memory

_DEFAULT_RATE = 0.01  # of false alarms, if there are enough held-out images
_NUM_COMPONENTS = 10  # of the mixture, as `ivaae evaluate --sampler=gmm` fits it
_DETECTION = "detection.csv"
_COLUMNS = ("file", "kind", "reconstruction_sse", "latent_energy")


class Outliers(NamedTuple):
    """Outliers among images.

    Attributes:
        table: Columns of the same length, a row for each image, the worst first: file, kind,
            reconstruction_sse, latent_energy, the p-values, and is_outlier, 0 or 1; for vectors
            and signals largest_errors, the three numbers that cost most.
        num_outliers: Images whose reconstruction costs more than the threshold.
        num_images: All images.
        threshold: The largest reconstruction error of an image that is not an outlier.
        rate: The share of images like the held-out ones that cost more.
        num_held_out: The number of held-out images.
        refused: Files that are not images, each with the reason.
        scores: How well the costs distinguish the images that are not normal; may be empty.
    """

    table: Mapping[str, np.ndarray]
    num_outliers: int
    num_images: int
    threshold: float
    rate: float
    num_held_out: int
    refused: Sequence[tuple[str, str]]
    scores: Sequence[Score]


def find_outliers(
    run: RunDirectory,
    images: arrays_in_memory.ArrayDataset | None,
    out: Path | None,
    options: OutlierOptions,
    *,
    data: Mapping[str, Any],
) -> Outliers:
    """Returns the outliers among images; writes outliers.csv and worst.png.

    Args:
        run: The folder of a run with an encoder.
        images: The images, if they are in memory; None for the folder or split of the options.
        out: Folder to write to; None to write nothing.
        options: The images and the result.
        data: Arguments of `RunDirectory.open_dataset`, with the folder of the records.

    Raises:
        UserError: If the run or the images lack what is needed.
    """
    folder = None
    if options.image_folder:
        folder = NamedFolder(options.image_folder, [] if out is None else [str(out)])
    image_size = run.read_record().settings.image_size
    run.check_has_encoder()
    dataset = run.open_dataset(
        image_folder=options.training_folder, flags={"folder": "--training_folder"}, **data
    )
    compared, split = named_batches.source(folder, images, options.split, dataset)
    normal = options.normal
    if normal:
        _check_normal(normal, named_batches.kinds(folder, compared, split))
    model = run.load_best()
    mixture = _load_or_fit_mixture(run, model, dataset, image_size, Path(data["data_dir"]))

    of_held_out = named_batches.of_split(dataset, "validation", image_size)
    held_out = judge(model, mixture, of_held_out, kind=dataset.kind)
    calibration = Calibration(
        held_out.reconstruction_sse, held_out.latent_energy, run.epochs_trained(model)
    )
    rate = options.false_alarm_rate or max(_DEFAULT_RATE, calibration.lowest_rate)
    threshold = calibration.threshold(rate)
    calibration.save(run.calibration_path)

    batches = named_batches.of_source(folder, compared, split, image_size)
    judged = judge(model, mixture, batches, options.num_worst, dataset.kind)
    # For a held-out image, only the others are held out.
    is_held_out = folder is None and split == "validation"
    combined, p_of = _compared(judged, held_out, calibration, is_held_out)
    table = _table(judged, p_of, threshold)
    scores = _detection(judged, combined, normal) if normal else []
    if out is not None:
        _write(out, judged, table, scores, dataset.kind if dataset.has_pictures else None)
    return Outliers(
        table,
        int(np.sum(table["is_outlier"])),
        len(judged.names),
        threshold,
        rate,
        calibration.num_images,
        folder.refused if folder else (),
        scores,
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
            run.mixture_paths["gmm"], run.epochs_trained(model), model.latent_dim
        )
    except UserError as error:  # It is missing, damaged or of other codes.
        if run.mixture_paths["gmm"].exists():
            print(f"{str(error).partition(';')[0]}; fitted again", file=sys.stderr)
        evaluator = Evaluator(dataset, image_size, None, data_dir)
        num_components = min(_NUM_COMPONENTS, dataset.num_images("train"))
        fitted, _ = fit_mixtures(
            ["gmm"], evaluator, model, num_components, run.epochs_trained(model)
        )
        fitted["gmm"].save(run.mixture_paths["gmm"])
        return fitted["gmm"]


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


def _detection(judged: Judged, combined: np.ndarray, normal: Sequence[str]) -> list[Score]:
    """Returns how well the costs distinguish outliers from normal images."""
    is_normal = np.isin(judged.kinds, normal)
    is_outlier = (judged.kinds != "") & ~is_normal
    costs_of = {
        "reconstruction": judged.reconstruction_sse,
        "latent": judged.latent_energy,
        "combined": combined,
    }
    return [
        score
        for name, costs in costs_of.items()
        for score in detection_scores(costs[is_outlier], costs[is_normal], name)
    ]


def _write_detection(out: Path, scores: Sequence[Score]) -> None:
    """Writes detection.csv, the scores of `_detection`."""
    conditions = ("num_outliers", "num_normal", "low", "high")
    table = [
        (each.name, each.value, *(each.conditions.get(name) for name in conditions))
        for each in scores
    ]
    files.save(out / _DETECTION, files.to_csv(("score", "value", *conditions), table))


def _table(
    judged: Judged, p_of: Mapping[str, np.ndarray], threshold: float
) -> dict[str, np.ndarray]:
    """Returns the columns of outliers.csv by their names."""
    columns = (judged.names, judged.kinds, judged.reconstruction_sse, judged.latent_energy)
    is_outlier = (judged.reconstruction_sse > threshold).astype(int)
    table = {**dict(zip(_COLUMNS, columns, strict=True)), **p_of, "is_outlier": is_outlier}
    has_words = any(judged.largest_errors)
    return {**table, "largest_errors": judged.largest_errors} if has_words else table


def _write(
    out: Path,
    judged: Judged,
    table: Mapping[str, np.ndarray],
    scores: Sequence[Score],
    kind: Kind | None,
) -> None:
    """Writes outliers.csv, worst.png and detection.csv to a folder, instead of an earlier result.

    Images with other than 1 or 3 channels, and vectors, have no picture.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / _DETECTION).unlink(missing_ok=True)
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    files.save(out / "outliers.csv", files.to_csv(tuple(table), rows))
    if kind:
        sheet = SHEETS[kind.plural](judged.worst, judged.reconstructions)
        save_png(out / "worst.png", sheet)
    if scores:
        _write_detection(out, scores)
