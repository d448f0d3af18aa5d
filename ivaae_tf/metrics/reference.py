"""Reference statistics of the data, cached in files for evaluations under equal conditions."""

import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics
from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.program import digests, stored_arrays
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json

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
    path: pathlib.Path,
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
    if path.exists():
        try:
            stored = _load(path)
        except DamagedFileError as error:
            warn(str(error))
        else:
            if not (differing := _differences(stored.conditions, conditions)):
                return stored
            warn(f"{path}: reference statistics under other conditions: {'; '.join(differing)}")
    summary = compute()
    reference = Reference(summary.statistics, summary.sample, dict(conditions))
    stored_arrays.save(
        path,
        mean=reference.statistics.mean,
        covariance=reference.statistics.covariance,
        count=reference.statistics.count,
        sample=reference.sample,
        fingerprint=json.dumps(reference.conditions, sort_keys=True),
    )
    return reference


def save_data_score(path: pathlib.Path, conditions: Conditions, score: Score) -> None:
    """Writes a score that depends on the data alone, not on a model."""
    stored = {"conditions": dict(conditions), "score": score.to_json()}
    with digests.replace_with_digest(path) as temporary:
        temporary.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def load_data_score(
    path: pathlib.Path,
    conditions: Conditions,
    warn: Callable[[str], None] = lambda reason: None,
) -> Score | None:
    """Returns the score in a file if its conditions are equal, or None.

    `warn` is called with the reason if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        digests.check(path, needed=True)
        stored = read_json(path, dict[str, dict[str, Any]])
        with parsing(path):
            score = Score.from_json(stored["score"])
            return score if stored["conditions"] == conditions else None
    except DamagedFileError as error:
        warn(str(error))
        return None


def _load(path: pathlib.Path) -> Reference:
    """Returns the reference in a file.

    Files of older versions have no digest. They are accepted, as the ZIP format has checksums.

    Raises:
        DamagedFileError: If the file is damaged.
    """
    stored = stored_arrays.load(path, needs_digest=False)
    with parsing(path, TypeError):  # NumPy raises it for arrays of other types and shapes.
        statistics = GaussianStatistics.from_moments(
            stored["mean"], stored["covariance"], int(stored["count"])
        )
        conditions = json.loads(str(stored["fingerprint"]))
        return Reference(statistics, stored["sample"], dict(conditions))


def _differences(found: Conditions, expected: Conditions) -> list[str]:
    return [
        f"{name} is {found.get(name)!r}, expected {expected.get(name)!r}"
        for name in {**expected, **found}
        if name not in found or name not in expected or found[name] != expected[name]
    ]
