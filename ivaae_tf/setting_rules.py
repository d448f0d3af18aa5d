"""Rules that the settings of a run must obey together."""

from collections.abc import Iterator
from typing import Any

from ivaae_tf.methods import METHODS, Method
from ivaae_tf.program.image_sizes import in_words, sides

PENALTIES = ("weight_decay", "gradient_penalty")  # the regularizers that have a weight

# Why a part of a method does not work with a prior; interventions matter at t > 1 alone.
_REFUSED = {
    ("uniform", "radial"): "the cube changes under rotations",
    ("uniform", "svgd"): "its log density has no slope in the cube",
    ("uniform", "adversarial_with_prior"): "its density is 0 outside of the cube",
    ("sphere", "blockwise"): "the rest of a code on the sphere determines the norm of a block",
    ("sphere", "svgd"): "it has no density",
    ("sphere", "adversarial_with_prior"): "it has no density",
}
_OPTIONS = {name for method in METHODS.values() for name in method.options}


def broken_rules(settings: Any, defaults: Any) -> Iterator[str]:
    """Yields a line for each rule that is broken: the setting, what is expected and what it is.

    Args:
        settings: `Settings`, each one allowed by itself.
        defaults: `Settings` with the defaults of their method.
    """
    method, name_of_method = settings.method_row, settings.method
    for name in method.unused:
        if (value := getattr(settings, name)) != getattr(defaults, name):
            yield (
                f"{name} must have its default, as {name_of_method} does not use it. "
                f"Received: {value!r}"
            )
    if settings.crop is not None and settings.fit != "crop":
        yield f"crop needs fit=crop. Received: {settings.fit}"
    if not method.has_bridges and settings.num_bridges != 1:
        yield f"num_bridges must be 1 for {name_of_method}. Received: {settings.num_bridges}"
    if not method.has_discriminator:
        for name in ("encoder_objective", "discriminator_weight"):
            if (value := getattr(settings, name)) != getattr(defaults, name):
                yield (
                    f"{name} must have its default, as {name_of_method} does not have a "
                    f"discriminator. Received: {value!r}"
                )
    if settings.latent_weight and not method.has_divergence:
        yield (
            f"latent_weight must be 0, as {name_of_method} does not have a divergence. "
            f"Received: {settings.latent_weight}"
        )
    yield from _broken_rules_of_prior(settings, method, name_of_method)
    yield from _broken_rules_of_categories(settings, method, name_of_method)
    if settings.posterior_scale is not None and settings.posterior != "fixed_variance":
        yield f"posterior_scale needs posterior=fixed_variance. Received: {settings.posterior}"
    if settings.likelihood == "gaussian" and settings.posterior == "point":
        yield "likelihood=gaussian needs a posterior with noise. Received: point"
    if settings.likelihood == "ssim" and settings.posterior != "point":
        yield (
            "likelihood=ssim needs posterior=point, because it is not the logarithm of a density. "
            f"Received: {settings.posterior}"
        )
    if settings.regularizer_weight and settings.decoder_regularizer not in PENALTIES:
        yield (
            f"regularizer_weight must be 0 with decoder_regularizer={settings.decoder_regularizer}."
            f" Received: {settings.regularizer_weight}"
        )
    if settings.conditional and settings.decoder_regularizer == "gradient_penalty":
        yield (
            "conditional does not work with decoder_regularizer=gradient_penalty, which would also "
            "penalize the influence of the label. Received: True"
        )
    if settings.ema_decay and settings.decoder_regularizer == "spectral_normalization":
        yield (
            "ema_decay must be 0 with decoder_regularizer=spectral_normalization, whose norms "
            f"belong to the last weights. Received: {settings.ema_decay}"
        )
    for name in sorted(_OPTIONS - method.options.keys()):
        if (value := getattr(settings, name)) is not None:
            yield f"{name} must not be set for {name_of_method}. Received: {value}"
    # The parts refuse these two as well, but only when the data are prepared.
    has_blocks = method.intervention == "blockwise" or method.system == "intervention_gan"
    if has_blocks and not settings.num_categories and settings.latent_dim % settings.num_bridges:
        yield (
            f"num_bridges must divide latent_dim for {name_of_method}. Received: "
            f"num_bridges={settings.num_bridges}, latent_dim={settings.latent_dim}"
        )
    if problem := _problem_of_sides(settings.network, "image_size", *sides(settings.image_size)):
        yield problem


def num_halvings(height: int, width: int) -> int:
    """Returns how often residual networks halve the sides, until the shorter one is 4 to 7."""
    return max(0, (min(height, width) // 4).bit_length() - 1)


def check_sides(network: str, *sides: int) -> None:
    """Checks that a network can halve the sides of images, or the length of signals.

    Raises:
        ValueError: If not.
    """
    name = "image_size" if len(sides) > 1 else "the length of signals"
    if problem := _problem_of_sides(network, name, sides[0], sides[-1]):
        raise ValueError(problem)


def _problem_of_sides(network: str, name: str, height: int, width: int) -> str | None:
    halvings = {"convolutional": 4, "residual": num_halvings(height, width)}.get(network, 0)
    if not (height % 2**halvings or width % 2**halvings):
        return None
    return (
        f"{name} must be a multiple of {2**halvings} for {network} networks. Received: "
        f"{in_words((height, width))}"
    )


def _broken_rules_of_prior(settings: Any, method: Method, name_of_method: str) -> Iterator[str]:
    """Yields a line for each rule that the prior breaks."""
    prior, posterior = settings.prior, settings.posterior
    bridges = (method.intervention,) if settings.num_bridges > 1 else ()
    for part in (*bridges, method.divergence):
        if reason := _REFUSED.get((prior, part)):
            yield f"prior={prior} does not work with {name_of_method}: {reason}"
    if (prior == "sphere") != (posterior == "sphere"):
        yield (
            "prior=sphere needs posterior=sphere, and the other way round. Received: "
            f"prior={prior}, posterior={posterior}"
        )
    if settings.prior_components is not None and prior != "mixture":
        yield f"prior_components needs prior=mixture. Received: {prior}"
    if settings.prior_by_label:
        yield from _broken_rules_of_prior_by_label(settings, method, name_of_method)
    if prior == "mixture" and settings.latent_dim < 2:
        yield f"latent_dim must be at least 2 with prior=mixture. Received: {settings.latent_dim}"
    if prior == "gaussian" or method.system != "autoencoder":
        return
    if not method.has_divergence and posterior != "gaussian":
        yield f"prior must be gaussian for {name_of_method}. Received: {prior}"
    if settings.posterior_weight and (prior, posterior) != ("mixture", "gaussian"):
        yield (
            f"posterior_weight must be 0 with prior={prior} and posterior={posterior}, which have "
            f"no KL divergence. Received: {settings.posterior_weight}"
        )


# Why a part of a method does not work with components by label.
_REFUSED_BY_LABEL = {
    "svgd": "it moves all codes together, also codes of different components",
    "adversarial_with_prior": "its discriminator has the density of the whole mixture",
    "mmd": "it has no discriminator, which gets the label",
    "none": "it has no discriminator, which gets the label",
}


def _broken_rules_of_prior_by_label(
    settings: Any, method: Method, name_of_method: str
) -> Iterator[str]:
    """Yields a line for each rule that components by label break."""
    if settings.prior != "mixture":
        yield f"prior_by_label needs prior=mixture. Received: {settings.prior}"
    for part in (method.intervention, method.divergence):
        if reason := _REFUSED_BY_LABEL.get(str(part)):
            yield f"prior_by_label does not work with {name_of_method}: {reason}"
    if settings.conditional:
        yield "prior_by_label does not work with conditional, whose codes need not have the label"
    if settings.num_categories:
        yield "prior_by_label does not work with num_categories, whose codes have the label"
    if settings.posterior_weight:
        yield (
            "posterior_weight must be 0 with prior_by_label, as the KL divergence is to the whole "
            f"mixture. Received: {settings.posterior_weight}"
        )


# Why a part of a method does not work with categories.
_REFUSED_WITH_CATEGORIES = {
    "svgd": "one-hot vectors have no density, so its updates are not P-interventions",
    "adversarial_with_prior": "one-hot vectors have no density",
    "none": "it does not compare the categories with their prior",
}
_OF_CATEGORIES = ("num_labels", "label_weight", "labeled_batch_size")


def _broken_rules_of_categories(
    settings: Any, method: Method, name_of_method: str
) -> Iterator[str]:
    """Yields a line for each rule that the categories break."""
    num_categories = settings.num_categories
    if not num_categories:
        defaults = type(settings)
        for name in _OF_CATEGORIES:
            if (value := getattr(settings, name)) != getattr(defaults, name):
                yield f"{name} needs num_categories. Received: {value}"
        return
    if num_categories == 1:
        yield "num_categories must be 0 or at least 2. Received: 1"
    for part in (method.intervention, method.divergence):
        if reason := _REFUSED_WITH_CATEGORIES.get(str(part)):
            yield f"num_categories does not work with {name_of_method}: {reason}"
    if settings.posterior != "point":
        yield f"num_categories needs posterior=point. Received: {settings.posterior}"
    if settings.conditional:
        yield "conditional does not work with num_categories, whose codes have the label themselves"
    # The category is the first block.
    num_blocks = max(1, settings.num_bridges - 1)
    if method.intervention == "blockwise" and settings.latent_dim % num_blocks:
        yield (
            f"num_bridges − 1 must divide latent_dim for {name_of_method} with num_categories. "
            f"Received: num_bridges={settings.num_bridges}, latent_dim={settings.latent_dim}"
        )
