"""The parts by their names in `ivaae_tf.layers`, as README builds a model of its own from them."""

import inspect

import keras
import numpy as np

from ivaae_tf import FusedAdam, InterventionAutoencoder, layers
from ivaae_tf.layers import (
    decoder_regularizers,
    divergences,
    interventions,
    likelihoods,
    posteriors,
)

KINDS = {
    decoder_regularizers: layers.DecoderRegularizer,
    divergences: layers.Divergence,
    interventions: layers.Intervention,
    likelihoods: layers.Likelihood,
    posteriors: layers.Posterior,
}


def test_each_part_that_can_be_saved_has_its_name_here():
    registered = set(map(id, keras.saving.get_custom_objects().values()))
    for module, kind in KINDS.items():
        for name, part in inspect.getmembers(module, inspect.isclass):
            if issubclass(part, kind) and id(part) in registered:
                assert getattr(layers, name) is part
                assert name in layers.__all__


def test_a_model_is_built_from_parts():
    images = np.random.default_rng(0).uniform(-1, 1, (32, 8, 8, 1)).astype(np.float32)
    dense, flat = keras.layers.Dense, keras.layers.Flatten()
    encoder = keras.Sequential([keras.Input((8, 8, 1)), flat, dense(32, "relu"), dense(4)])
    decoder = keras.Sequential([keras.Input((4,)), dense(64, "tanh")])
    decoder.add(keras.layers.Reshape((8, 8, 1)))
    discriminator = keras.Sequential([keras.Input((4,)), dense(32, "relu"), dense(5)])
    model = InterventionAutoencoder(
        encoder,
        decoder,
        layers.RadialIntervention(4, seed=0),
        layers.AdversarialDivergence(discriminator),
        latent_weight=0.4,
    )
    model.compile(FusedAdam(1e-3), FusedAdam(1e-3), FusedAdam(1e-3))
    history = model.fit(images, epochs=20, verbose=0).history["reconstruction_loss"]
    assert history[-1] < history[0]
    assert model.sample(3, seed=0).shape == (3, 8, 8, 1)


def test_group_normalization_is_that_of_keras():
    x = np.random.default_rng(0).normal(3, 2, (2, 5, 4, 6)).astype(np.float32)
    ours, theirs = (
        layer(groups=3, epsilon=1e-5)
        for layer in (layers.GroupNormalization, keras.layers.GroupNormalization)
    )
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
