import inspect

import pytest

from ivaae_tf import methods, setting_rules, settings
from ivaae_tf.api import options
from ivaae_tf.layers.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.layers.divergences import DIVERGENCES
from ivaae_tf.layers.divergences.encoder_objectives import ENCODER_OBJECTIVES
from ivaae_tf.layers.interventions import INTERVENTIONS
from ivaae_tf.layers.interventions.svgd import DEFAULT_BANDWIDTH_SCALE
from ivaae_tf.layers.likelihoods import LIKELIHOODS
from ivaae_tf.layers.posteriors import DEFAULT_SCALE, POSTERIORS
from ivaae_tf.layers.priors import PRIORS
from ivaae_tf.methods import METHODS
from ivaae_tf.metrics.extractors import EXTRACTORS
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import SYSTEMS
from ivaae_tf.models.networks import NETWORKS
from ivaae_tf.training.distribute.workers import Workers
from pipelines.batches import SHUFFLE_BUFFER

TABLES = {
    "INTERVENTIONS": INTERVENTIONS,
    "DIVERGENCES": DIVERGENCES,
    "ENCODER_OBJECTIVES": ENCODER_OBJECTIVES,
    "POSTERIORS": POSTERIORS,
    "PRIORS": PRIORS,
    "LIKELIHOODS": LIKELIHOODS,
    "DECODER_REGULARIZERS": DECODER_REGULARIZERS,
    "NETWORKS": NETWORKS,
    "EXTRACTORS": EXTRACTORS,
    "SYSTEMS": SYSTEMS,
}
NAMES = {"EXTRACTORS": options.EXTRACTORS, **vars(methods)}


@pytest.mark.parametrize("table", TABLES)
def test_the_names_are_those_of_the_parts(table):
    assert NAMES[table] == tuple(TABLES[table])


def test_the_regularizers_with_a_weight_are_those_with_a_penalty():
    with_penalty = {name for name, make in DECODER_REGULARIZERS.items() if make(0).has_penalty}
    assert with_penalty == set(setting_rules.PENALTIES)


def test_defaults_without_tensorflow_are_those_of_the_parts():
    assert settings.Settings().shuffle_buffer == SHUFFLE_BUFFER
    assert settings._DEFAULT_POSTERIOR_SCALE == DEFAULT_SCALE
    options = METHODS["ivaae_svgd"].options
    assert options == {"bandwidth_scale": DEFAULT_BANDWIDTH_SCALE}
    weights = inspect.signature(InterventionAutoencoder).parameters
    assert set(settings.WEIGHTS) <= set(weights)
    assert Workers("none").is_chief
