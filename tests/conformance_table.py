"""What can be put together: a new intervention, divergence or network is a new row here."""

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

# From a discriminator, which a divergence in closed form leaves.
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

# Those that differ from the first in one part at most: every row is in one.
ROWS = [combination for combination in COMBINATIONS if _NUM_CHANGES[combination] <= 1]

# With both networks, those that differ in one more part: every method of the paper is one.
CROSSED = [
    combination for combination in COMBINATIONS if _NUM_CHANGES[(*combination[:2], _FIRST[2])] <= 1
]

IMAGE_SHAPE = (16, 16, 1)
LATENT_DIM, NUM_BRIDGES, WIDTH = 4, 2, 1 / 64


def build(
    intervention: str, divergence: str, network: str, policy: str = "float32"
) -> InterventionAutoencoder:
    """Returns the small model of a combination, compiled with plain descent; always the same.

    From its seed, no ReLU in the steps that tests take comes within rounding of zero: there the
    gradient jumps, and two correct ways to compute it would part.
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
