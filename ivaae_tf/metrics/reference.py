"""Reference statistics: the features of the data, computed once and never used for other data."""

import json
import os
import pathlib
import zipfile
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics
from ivaae_tf.metrics.score import Condition, Score
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

Fingerprint = Mapping[str, Condition]


class ReferenceMismatchError(UserError):
    """A cached reference was computed under other conditions, or cannot be read."""


class Reference(NamedTuple):
    """What is known of the data: moments of all features, a sample (m, d) of them, and of what."""

    statistics: GaussianStatistics
    sample: np.ndarray
    fingerprint: Fingerprint


def reference_fingerprint(
    extractor: FeatureExtractor,
    data: str,
    split: str,
    crop: int | None,
    image_size: int,
    count: int | None,
    max_sample: int = 10_000,
) -> dict[str, Condition]:
    """All that reference statistics depend on.

    Args:
        extractor: what turned images to features; its name and its weights are taken.
        data: the data set with its version, or a digest of a folder's files.
        split: of the data set.
        crop: side of the centre crop in pixels, None for none.
        image_size: side of the images in pixels.
        count: how many images, None for the whole split.
        max_sample: features kept for kernel distance, precision and recall.
    """
    return {
        "data": data,
        "split": split,
        "crop": crop,
        "image_size": image_size,
        "extractor": extractor.name,
        "extractor_fingerprint": extractor.fingerprint,
        "count": count,
        "max_sample": max_sample,
    }


def save_reference(path: str | os.PathLike, reference: Reference) -> None:
    """Writes an .npz file, as a whole or not at all."""
    with replace_when_complete(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            mean=reference.statistics.mean,
            covariance=reference.statistics.covariance,
            count=reference.statistics.count,
            sample=reference.sample,
            fingerprint=json.dumps(dict(reference.fingerprint), sort_keys=True),
        )


def load_reference(path: str | os.PathLike, fingerprint: Fingerprint) -> Reference:
    """Reads a reference that was computed under exactly the conditions in `fingerprint`.

    Raises:
        ReferenceMismatchError: a condition differs (each is named), or the file is damaged.
        FileNotFoundError: there is no file.
    """
    path = pathlib.Path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            found = json.loads(str(stored["fingerprint"]))
            statistics = GaussianStatistics.from_moments(
                stored["mean"], stored["covariance"], int(stored["count"])
            )
            sample = stored["sample"]
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ReferenceMismatchError(
            f"{path}: not a file of reference statistics ({error}); delete it to compute them anew"
        ) from error
    differing = [
        f"{key} is {found.get(key)!r}, expected {fingerprint.get(key)!r}"
        for key in [*fingerprint, *(key for key in found if key not in fingerprint)]
        if key not in found or key not in fingerprint or found[key] != fingerprint[key]
    ]
    if differing:
        raise ReferenceMismatchError(
            f"{path}: reference statistics of something else: {'; '.join(differing)}"
        )
    return Reference(statistics, sample, found)


def load_or_compute_reference(
    path: str | os.PathLike,
    fingerprint: Fingerprint,
    compute: Callable[[], FeatureSummary],
    refused: Callable[[str], None] = lambda reason: None,
) -> Reference:
    """The cached reference if it is of exactly these conditions, else a new one, then cached.

    Args:
        path: the .npz file.
        fingerprint: the conditions, as `reference_fingerprint` lists them.
        compute: gives the features of the data; called at most once.
        refused: is told why a file that is there was not used.
    """
    try:
        return load_reference(path, fingerprint)
    except FileNotFoundError:
        pass
    except ReferenceMismatchError as error:
        refused(str(error))
    summary = compute()
    reference = Reference(summary.statistics, summary.sample, dict(fingerprint))
    save_reference(path, reference)
    return reference


def save_data_score(path: str | os.PathLike, fingerprint: Fingerprint, score: Score) -> None:
    """Writes a score of the data themselves, which no model changes."""
    stored = {"fingerprint": dict(fingerprint), "score": score.to_json()}
    with replace_when_complete(path) as temporary:
        temporary.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def load_data_score(path: str | os.PathLike, fingerprint: Fingerprint) -> Score | None:
    """Returns the score that was computed under exactly these conditions, or None."""
    try:
        stored = json.loads(pathlib.Path(path).read_text("utf-8"))
        if stored["fingerprint"] != fingerprint:
            return None
        return Score.from_json(stored["score"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
