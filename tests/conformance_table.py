"""The table of combinations: add a new intervention, divergence or network here."""

import keras

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.divergences import AdversarialDivergence, MaximumMeanDiscrepancy
from ivaae_tf.interventions import BlockwiseIntervention, RadialIntervention, SVGDIntervention
from ivaae_tf.networks import NETWORKS

INTERVENTIONS = {
    "blockwise": BlockwiseIntervention,
    "radial": RadialIntervention,
    "svgd": SVGDIntervention,
}

# A discriminator -> the divergence; a divergence in closed form does not use it.
DIVERGENCES = {
    "adversarial": AdversarialDivergence,
    "adversarial_with_prior": lambda d: AdversarialDivergence(d, add_log_prior=True),
    "mmd": lambda d: MaximumMeanDiscrepancy(),
}

COMBINATIONS = [
    (intervention, divergence, network)
    for intervention in INTERVENTIONS
    for divergence in DIVERGENCES
    for network in NETWORKS
]

_FIRST = COMBINATIONS[0]
_NUM_CHANGES = {
    combination: sum(part != first for part, first in zip(combination, _FIRST, strict=True))
    for combination in COMBINATIONS
}

# These differ from the first combination in at most one part and contain every part.
ROWS = [combination for combination in COMBINATIONS if _NUM_CHANGES[combination] <= 1]

# These may also differ in the network: every method of the paper is among them.
CROSSED = [
    combination for combination in COMBINATIONS if _NUM_CHANGES[(*combination[:2], _FIRST[2])] <= 1
]

IMAGE_SHAPE = (16, 16, 1)
LATENT_DIM, NUM_BRIDGES, WIDTH = 4, 2, 1 / 64


def build(
    intervention: str, divergence: str, network: str, policy: str = "float32"
) -> InterventionAutoencoder:
    """Returns the same small model of a combination each time, compiled with SGD.

    With its seed, no ReLU in the tests' steps comes within rounding of zero. The gradient jumps
    there, so two correct computations could differ.
    """
    parts = NETWORKS[network]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(4)
    try:
        model = InterventionAutoencoder(
            encoder=parts.encoder(IMAGE_SHAPE, LATENT_DIM, WIDTH),
            decoder=parts.decoder(IMAGE_SHAPE, LATENT_DIM, WIDTH),
            intervention=INTERVENTIONS[intervention](NUM_BRIDGES, seed=4),
            divergence=DIVERGENCES[divergence](
                parts.discriminator(LATENT_DIM, NUM_BRIDGES + 1, WIDTH)
            ),
        )
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(*(keras.optimizers.SGD(0.01) for _ in range(3)), jit_compile=False)
    return model
