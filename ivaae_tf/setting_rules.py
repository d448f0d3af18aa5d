"""Rules that the settings of a run must obey together."""

from collections.abc import Iterator
from typing import Any

from ivaae_tf.methods import METHODS
from ivaae_tf.program.image_sizes import in_words, sides

PENALTIES = ("weight_decay", "gradient_penalty")  # the regularizers that have a weight
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
    if has_blocks and settings.latent_dim % settings.num_bridges:
        yield (
            f"num_bridges must divide latent_dim for {name_of_method}. Received: "
            f"num_bridges={settings.num_bridges}, latent_dim={settings.latent_dim}"
        )
    if problem := _problem_of_sides(settings.network, *sides(settings.image_size)):
        yield problem


def num_halvings(height: int, width: int) -> int:
    """Returns how often residual networks halve the sides, until the shorter one is 4 to 7."""
    return max(0, (min(height, width) // 4).bit_length() - 1)


def check_sides(network: str, height: int, width: int) -> None:
    """Checks that a network can halve the sides of images, in pixels, as often as it does.

    Raises:
        ValueError: If not.
    """
    if problem := _problem_of_sides(network, height, width):
        raise ValueError(problem)


def _problem_of_sides(network: str, height: int, width: int) -> str | None:
    halvings = {"convolutional": 4, "residual": num_halvings(height, width)}.get(network, 0)
    if not (height % 2**halvings or width % 2**halvings):
        return None
    return (
        f"image_size must be a multiple of {2**halvings} for {network} networks. Received: "
        f"{in_words((height, width))}"
    )
