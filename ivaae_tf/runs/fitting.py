"""Checks that a checkpoint belongs to the run that a record describes.

An undamaged checkpoint may belong to another run: copied, or restored from a backup.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivaae_tf.layers.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.layers.divergences import AdversarialDivergence, MaximumMeanDiscrepancy, NoDivergence
from ivaae_tf.layers.interventions import INTERVENTIONS
from ivaae_tf.layers.likelihoods import LIKELIHOODS
from ivaae_tf.layers.posteriors import POSTERIORS
from ivaae_tf.layers.priors import PRIORS
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.gan import GenerativeAdversarialNetwork
from ivaae_tf.models.ivgan import InterventionGAN
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import sides
from ivaae_tf.runs.record import RunRecord
from pipelines.records.kinds import Vectors

_MODELS = {
    "autoencoder": InterventionAutoencoder,
    "gan": GenerativeAdversarialNetwork,
    "intervention_gan": InterventionGAN,
}
_CLOSED_FORMS = {"mmd": MaximumMeanDiscrepancy, "none": NoDivergence}


def check_is_of(record: RunRecord, model: MultiOptimizerModel, path: Path) -> None:
    """Checks that a model has the method, the shapes and the sizes of a record.

    Raises:
        UserError: If not.
    """
    channels = record.data.get("channels", model.image_shape[-1])
    kind, of_images = record.kind, (*sides(record.settings.image_size), channels)
    shape = kind.shape if isinstance(kind, Vectors) else of_images
    expected = {**_facts_of_record(record), "image shape": shape}
    check_equal(path, "the record of its run", _facts_of_model(model), expected)


def check_equal(
    path: Path, other: str, found: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    """Checks that a file has the facts that are expected because of another file.

    Raises:
        UserError: If a fact differs.
    """
    for name, value in expected.items():
        if found.get(name) != value:
            raise UserError(
                f"{path} does not match {other}: {name} is {found.get(name)}, expected {value}"
            )


def _facts_of_model(model: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "model": type(model).__name__,
        "image shape": model.image_shape,
        "latent_dim": model.latent_dim,
    }
    facts |= {f"number of {name}'s parameters": n for name, n in model.parameter_counts.items()}
    if isinstance(model, InterventionAutoencoder):
        parts = ("intervention", "divergence", "posterior", "likelihood", "decoder_regularizer")
        facts |= {part: type(getattr(model, part)).__name__ for part in parts}
        facts["num_bridges"] = model.intervention.num_bridges
        facts["prior"] = type(model.prior).__name__
        facts["conditional"] = model.is_conditional
        facts["prior by label"] = bool(model.labels.component_names)
        facts["prior in D"] = getattr(model.divergence, "add_log_prior", False)
    if isinstance(model, InterventionGAN):
        facts["num_bridges"] = model.intervention.num_blocks
    return facts


def _facts_of_record(record: RunRecord) -> dict[str, Any]:
    settings, method = record.settings, record.settings.method_row
    facts: dict[str, Any] = {
        "model": _MODELS[method.system].__name__,
        "latent_dim": settings.code_dim,
    }
    if method.system == "autoencoder":
        classes = {
            "intervention": INTERVENTIONS[str(method.intervention)],
            "divergence": _CLOSED_FORMS.get(method.divergence, AdversarialDivergence),
            "posterior": type(POSTERIORS[settings.posterior](0, settings.posterior_scale, None)),
            "likelihood": LIKELIHOODS[settings.likelihood],
            "decoder_regularizer": type(DECODER_REGULARIZERS[settings.decoder_regularizer](0)),
        }
        facts |= {part: each.__name__ for part, each in classes.items()}
        facts["conditional"] = settings.conditional
        facts["prior by label"] = settings.prior_by_label
        facts["prior"] = type(PRIORS[settings.prior](2, settings.prior_components)).__name__
        if settings.num_categories:
            facts |= {"posterior": "CategoricalPosterior", "prior": "CategoricalPrior"}
        facts["prior in D"] = method.divergence == "adversarial_with_prior"
    if method.system != "gan":
        facts["num_bridges"] = settings.num_bridges
    return facts | {f"number of {name}'s parameters": n for name, n in record.parameters.items()}
