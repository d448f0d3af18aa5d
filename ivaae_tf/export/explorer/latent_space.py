"""Builds explorer.json: sample codes, principal directions and the intervention's settings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from ivaae_tf.layers.labels import NoLabels
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler
from ivaae_tf.runs.record import RunRecord

_NUM_DIRECTIONS = 8  # sliders; further directions usually have little variance
_NUM_SAMPLES = 500  # codes of new images; the page repeats them after the last one
_NUM_COMPANIONS = 63  # further codes of the batch, for interventions on batches


def describe(
    record: RunRecord,
    model: InterventionAutoencoder,
    sampler: Sampler,
    codes: np.ndarray,
    example_labels: Sequence[int],
) -> dict[str, Any]:
    """Returns the content of explorer.json.

    Args:
        record: The record of the run.
        model: The model of the run.
        sampler: Sampler of the codes of new images.
        codes: Codes of training images, shape (n, d), n at least 2.
        example_labels: Numbers of the labels of the example pictures in the page's folder; −1 for
            none.
    """
    settings = record.settings
    directions = PCA(n_components=min(_NUM_DIRECTIONS, *codes.shape), svd_solver="full").fit(codes)
    intervention = model.intervention.get_config()
    samples = sampler(_NUM_SAMPLES, 0).numpy()
    # Codes of new images: the page may be public, and training codes decode to training images.
    companions = samples[-_NUM_COMPANIONS:] if settings.method == "ivaae_svgd" else samples[:0]
    return {
        "method": settings.method,
        "data": record.data["name"],
        "image_shape": model.image_shape,
        "fit": settings.fit,
        "crop": record.data.get("crop"),
        "latent_dim": model.latent_dim,
        "mean": _rounded(directions.mean_),
        "directions": [
            {"vector": _rounded(vector), "deviation": float(np.sqrt(variance)), "share": share}
            for vector, variance, share in zip(
                directions.components_,
                directions.explained_variance_,
                directions.explained_variance_ratio_.tolist(),
                strict=True,
            )
        ],
        "samples": _rounded(samples),
        "labels": _labels(model.labels),
        "example_labels": example_labels,
        "intervention": {
            "name": settings.method_row.intervention,
            **{name: intervention[name] for name in intervention if name not in _OF_LAYERS},
        },
        "companions": _rounded(companions),
    }


_OF_LAYERS = ("name", "dtype", "prior", "trainable", "seed")


def _labels(labels: NoLabels) -> list[dict[str, Any]]:
    """Returns the labels of a conditional model, and "unknown" if it was trained with such images.

    The list is empty for other models.
    """
    numbered = list(enumerate(labels.names))
    if numbered and labels.shares[-1]:
        numbered.append((-1, "unknown"))
    return [{"number": number, "name": name} for number, name in numbered]


def _rounded(values: np.ndarray) -> list:
    """Returns an array as nested lists, with the six digits that float32 has."""
    return (
        np.array([float(f"{value:.6g}") for value in values.ravel()]).reshape(values.shape).tolist()
    )
