"""What the explorer's page knows of a run: codes, their principal directions, the interventions."""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler
from ivaae_tf.runs.record import RunRecord

_NUM_DIRECTIONS = 8  # sliders; further directions have little variance as a rule
_NUM_SAMPLES = 500  # codes of new images; after the last one the page begins again
_NUM_COMPANIONS = 63  # codes beside the one that is looked at, for interventions on a batch


def describe(
    record: RunRecord,
    model: InterventionAutoencoder,
    sampler: Sampler,
    codes: np.ndarray,
    num_examples: int,
) -> dict[str, Any]:
    """Returns the facts for the page, as values for a JSON file.

    Args:
        record: The record of the run.
        model: Its model.
        sampler: The source of codes of new images.
        codes: Codes of training images, shape (n, d), n at least 2.
        num_examples: Number of example pictures beside the page.
    """
    settings = record.settings
    directions = PCA(n_components=min(_NUM_DIRECTIONS, *codes.shape), svd_solver="full").fit(codes)
    intervention = model.intervention.get_config()
    samples = sampler(_NUM_SAMPLES, 0).numpy()
    # Of new images, because the page may be for everyone, and training codes decode to images.
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
        "num_examples": num_examples,
        "intervention": {
            "name": settings.method_row.intervention,
            **{name: intervention[name] for name in intervention if name not in _OF_LAYERS},
        },
        "companions": _rounded(companions),
    }


_OF_LAYERS = ("name", "dtype", "trainable", "seed")


def _rounded(values: np.ndarray) -> list:
    """Returns numbers as lists; six digits are those of float32."""
    return (
        np.array([float(f"{value:.6g}") for value in values.ravel()]).reshape(values.shape).tolist()
    )
