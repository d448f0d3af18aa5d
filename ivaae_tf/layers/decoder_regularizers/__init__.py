"""Regularizers Ω(G) that make the decoder smooth."""

from collections.abc import Callable

from ivaae_tf.layers.decoder_regularizers.base import DecoderRegularizer
from ivaae_tf.layers.decoder_regularizers.gradient_penalty import GradientPenalty
from ivaae_tf.layers.decoder_regularizers.spectral_normalization import (
    SpectrallyNormalized,
    SpectralNormalization,
)
from ivaae_tf.layers.decoder_regularizers.weight_decay import WeightDecay

# Name -> function of a seed.
DECODER_REGULARIZERS: dict[str, Callable[[int | None], DecoderRegularizer]] = {
    "none": lambda seed: DecoderRegularizer(),
    "weight_decay": lambda seed: WeightDecay(),
    "gradient_penalty": lambda seed: GradientPenalty(seed),
    "spectral_normalization": lambda seed: SpectralNormalization(),
}

__all__ = [
    "DECODER_REGULARIZERS",
    "DecoderRegularizer",
    "GradientPenalty",
    "SpectralNormalization",
    "SpectrallyNormalized",
    "WeightDecay",
]
