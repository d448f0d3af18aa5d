"""Reference statistics of the data, stored and used only under equal conditions."""

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

Conditions = Mapping[str, Condition]


class Reference(NamedTuple):
    """The moments of the data's features, a sample (m, d), and their conditions."""

    statistics: GaussianStatistics
    sample: np.ndarray
    conditions: Conditions


def reference_conditions(
    extractor: FeatureExtractor, images: Conditions, max_sample: int = 10_000
) -> dict[str, Condition]:
    """Returns everything that reference statistics depend on.

    Args:
        extractor: Network of the features; its name and fingerprint are used.
        images: The data, split, crop and size of the images.
        max_sample: Maximum number of features in the sample.
    """
    return {
        **images,
        "extractor": extractor.name,
        "extractor_fingerprint": extractor.fingerprint,
        "count": None,  # all images of the split
        "max_sample": max_sample,
    }


def load_or_compute_reference(
    path: str | os.PathLike,
    conditions: Conditions,
    compute: Callable[[], FeatureSummary],
    warn: Callable[[str], None] = lambda reason: None,
) -> Reference:
    """Loads a reference with equal conditions, or computes one and saves it.

    Args:
        path: The .npz file.
        conditions: The result of `reference_conditions`.
        compute: Returns the features of the data; called at most once.
        warn: Called with the reason if an existing file is not used.
    """
    path = pathlib.Path(path)
    if path.exists():
        stored = _load(path)
        if stored is None:
            warn(f"{path}: not a file of reference statistics")
        elif differing := _differences(stored.conditions, conditions):
            warn(f"{path}: reference statistics under other conditions: {'; '.join(differing)}")
        else:
            return stored
    summary = compute()
    reference = Reference(summary.statistics, summary.sample, dict(conditions))
    with replace_when_complete(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            mean=reference.statistics.mean,
            covariance=reference.statistics.covariance,
            count=reference.statistics.count,
            sample=reference.sample,
            fingerprint=json.dumps(reference.conditions, sort_keys=True),
        )
    return reference


def save_data_score(path: str | os.PathLike, conditions: Conditions, score: Score) -> None:
    """Writes a score of the data, which is the same for every model."""
    stored = {"conditions": dict(conditions), "score": score.to_json()}
    with replace_when_complete(path) as temporary:
        temporary.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def load_data_score(path: str | os.PathLike, conditions: Conditions) -> Score | None:
    """Returns the score in a file if its conditions are equal, or None."""
    try:
        stored = json.loads(pathlib.Path(path).read_text("utf-8"))
        return Score.from_json(stored["score"]) if stored["conditions"] == conditions else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _load(path: pathlib.Path) -> Reference | None:
    """Returns the reference in a file, or None if it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            statistics = GaussianStatistics.from_moments(
                stored["mean"], stored["covariance"], int(stored["count"])
            )
            return Reference(statistics, stored["sample"], json.loads(str(stored["fingerprint"])))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _differences(found: Conditions, expected: Conditions) -> list[str]:
    return [
        f"{name} is {found.get(name)!r}, expected {expected.get(name)!r}"
        for name in {**expected, **found}
        if name not in found or name not in expected or found[name] != expected[name]
    ]
