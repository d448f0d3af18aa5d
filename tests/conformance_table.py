"""The table of combinations: add a new intervention, divergence or network here."""

import keras
import tensorflow as tf

from ivaae_tf.layers.categories import with_categories
from ivaae_tf.layers.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.layers.divergences import DIVERGENCES
from ivaae_tf.layers.interventions import INTERVENTIONS
from ivaae_tf.layers.labels import ComponentLabels, Labels, NoLabels
from ivaae_tf.layers.likelihoods import LIKELIHOODS
from ivaae_tf.layers.noise import InputNoise
from ivaae_tf.layers.posteriors import POSTERIORS
from ivaae_tf.layers.priors import PRIORS
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import build_model
from ivaae_tf.models.networks import NETWORKS
from tests.marks import slow_unless

# The other terms: posterior, likelihood and decoder regularizer.
TERMS = {
    "point": ("point", "squared_error", "none"),
    "gaussian": ("gaussian", "squared_error", "none"),
    "fixed_variance": ("fixed_variance", "squared_error", "none"),
    "gaussian_likelihood": ("gaussian", "gaussian", "none"),
    "weight_decay": ("point", "squared_error", "weight_decay"),
    "gradient_penalty": ("point", "squared_error", "gradient_penalty"),
    "spectral_normalization": ("point", "squared_error", "spectral_normalization"),
    "averaged_weights": ("point", "squared_error", "none"),
    "input_noise": ("point", "squared_error", "none"),
    "l1": ("point", "l1", "none"),
    "l2": ("point", "l2", "none"),
    "bernoulli": ("gaussian", "bernoulli", "none"),
    "ssim": ("point", "ssim", "none"),
    "conditional": ("point", "squared_error", "none"),
}
# With other priors than N(0, I).
OF_PRIORS = {
    "mixture_prior": ("gaussian", "squared_error", "none"),
    "mixture_score": ("point", "squared_error", "none"),
    "uniform_prior": ("point", "squared_error", "none"),
    "sphere_prior": ("sphere", "squared_error", "none"),
    "mixture_by_label": ("point", "squared_error", "none"),
}
NAMES = ("a", "b")  # of labels
# Term -> the labels of its model.
LABELS = {"conditional": Labels(NAMES), "mixture_by_label": ComponentLabels(NAMES)}
CATEGORIES = {"categories": ("point", "squared_error", "none")}

PAPERS_NETWORKS = ("fully_connected", "convolutional")
_PRODUCT = [
    (intervention, divergence, network, "point")
    for intervention in INTERVENTIONS
    for divergence in DIVERGENCES
    if divergence != "none"
    for network in PAPERS_NETWORKS
]
# The other terms one by one; terms that change or differentiate layers on all networks.
COMBINATIONS = [
    *_PRODUCT,
    *(("blockwise", "none", "fully_connected", term) for term in TERMS if term != "conditional"),
    ("radial", "adversarial_with_prior", "fully_connected", "conditional"),
    ("blockwise", "none", "convolutional", "gradient_penalty"),
    ("blockwise", "none", "convolutional", "spectral_normalization"),
    ("blockwise", "none", "convolutional", "averaged_weights"),
    ("radial", "adversarial", "residual", "gradient_penalty"),
    ("blockwise", "none", "residual", "spectral_normalization"),
    ("blockwise", "adversarial_with_prior", "fully_connected", "mixture_prior"),
    ("svgd", "mmd", "fully_connected", "mixture_score"),
    ("blockwise", "mmd", "fully_connected", "uniform_prior"),
    ("radial", "adversarial", "fully_connected", "sphere_prior"),
    ("blockwise", "adversarial", "fully_connected", "mixture_by_label"),
    ("blockwise", "adversarial", "fully_connected", "categories"),
]

_FIRST = COMBINATIONS[0]
_NUM_CHANGES = {
    combination: sum(part != first for part, first in zip(combination, _FIRST, strict=True))
    for combination in _PRODUCT
}
# Likelihoods without variables are compiled alone, in `likelihoods_test`.
_STATELESS = ("l1", "l2", "bernoulli", "ssim")

# These differ from the first combination in at most one part and contain every part.
UNCOMPILED_ROWS = [combination for combination in _PRODUCT if _NUM_CHANGES[combination] <= 1]
UNCOMPILED_ROWS += COMBINATIONS[len(_PRODUCT) :]
ROWS = [row for row in UNCOMPILED_ROWS if row[3] not in _STATELESS]

# Games on images, which do not consist of these parts.
GAMES = [
    (method, "images", network, "game")
    for method in ("gan", "ivgan")
    for network in PAPERS_NETWORKS
]

# The paper's parts, each with the first of the others, labels, and small games.
QUICK_ROWS = [row for row in ROWS if row in _PRODUCT or row[3] in LABELS]
QUICK_ROWS += [game for game in GAMES if game[2] == "fully_connected"]

IMAGE_SHAPE = (16, 16, 1)
LATENT_DIM, NUM_BRIDGES, WIDTH = 4, 2, 1 / 64
NUM_CATEGORIES = 3
CLIPNORM = 1e-3  # below the norm of the gradients of the first step


def parametrize(metafunc, name: str, rows, quick=QUICK_ROWS, games=()) -> None:
    """Runs a test once per row and game, of which all but the quick ones are slow tests.

    With --every_combination, runs it on all combinations and games.
    """
    rows = [*rows, *games]
    if metafunc.config.getoption("every_combination"):
        rows = quick = [*COMBINATIONS, *games]
    metafunc.parametrize(name, slow_unless(rows, quick), ids="-".join)


def batch_of(combination, images: tf.Tensor):
    """Returns images, or for a model with labels a pair with labels, also unknown ones."""
    labels = tf.range(len(images)) % (len(NAMES) + 1) - 1
    return (images, labels) if combination[3] in LABELS else images


def build_any(combination, policy: str = "float32", **options) -> keras.Model:
    """Returns the small model of a combination or of a game, compiled with SGD."""
    if combination not in GAMES:
        return build(*combination, policy=policy, **options)
    method, _, network, _ = combination
    sizes = {"latent_dim": LATENT_DIM, "width": WIDTH, "seed": 5}
    if method == "ivgan":
        sizes |= {"num_bridges": NUM_BRIDGES, "encoder_steps": 2}
    model = build_model(method, network=network, image_shape=IMAGE_SHAPE, **sizes)
    num_networks = 2 if method == "gan" else 3
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(num_networks)), jit_compile=False)
    return model


def build(
    intervention: str,
    divergence: str,
    network: str,
    term: str,
    policy: str = "float32",
    label_weight: float = 0.0,
) -> InterventionAutoencoder:
    """Returns the same small model of a combination each time, compiled with SGD.

    With its seed, no ReLU in the tests' steps comes within rounding of zero. The gradient jumps
    there, so two correct computations could differ.
    """
    parts = NETWORKS[network]
    posterior_name, likelihood, regularizer_name = {**TERMS, **OF_PRIORS, **CATEGORIES}[term]
    num_categories = NUM_CATEGORIES if term in CATEGORIES else 0
    labels = LABELS.get(term, NoLabels())
    num_components = len(labels.component_names) or 3
    name_of_prior = term.partition("_")[0] if term in OF_PRIORS else "gaussian"
    prior = PRIORS[name_of_prior](LATENT_DIM, num_components)
    posterior = POSTERIORS[posterior_name](5, 0.7, prior)
    regularizer = DECODER_REGULARIZERS[regularizer_name](6)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(5)
    try:
        num_outputs = num_categories + posterior.num_parameters(LATENT_DIM)
        encoder = parts.encoder(IMAGE_SHAPE, num_outputs, WIDTH)
        prior, posterior, encoder = with_categories(num_categories, prior, posterior, encoder)
        num_inputs = prior.latent_dim + len(labels.names)
        num_of_rungs = num_inputs + len(labels.component_names)
        model = InterventionAutoencoder(
            encoder=encoder,
            decoder=parts.decoder(IMAGE_SHAPE, num_inputs, WIDTH, regularizer.wrap),
            intervention=INTERVENTIONS[intervention](NUM_BRIDGES, seed=4, prior=prior),
            divergence=DIVERGENCES[divergence](
                lambda: parts.discriminator(num_of_rungs, NUM_BRIDGES + 1, WIDTH), "prior", prior
            ),
            posterior=posterior,
            likelihood=LIKELIHOODS[likelihood](),
            decoder_regularizer=regularizer,
            labels=labels,
            input_noise=InputNoise(0.3, seed=7) if term == "input_noise" else None,
            posterior_weight=0.0 if term == "point" else 0.1,
            ema_decay=0.9 if term == "averaged_weights" else 0.0,
            label_weight=label_weight,
            regularizer_weight=1e-3 if regularizer.has_penalty else 0.0,
        )
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(*(keras.optimizers.SGD(0.01) for _ in range(3)), jit_compile=False)
    return model
