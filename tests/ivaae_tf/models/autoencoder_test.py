"""Tests of a model's saving, sampling and logs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.layers.interventions import RadialIntervention
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.networks import fully_connected
from ivaae_tf.models.optimizers import FusedAdam
from tests.small_models import IMAGE_SHAPE, assert_equal, random_images, small_model


def _arrays(optimizer):
    return [variable.numpy() for variable in optimizer.variables]


@pytest.mark.parametrize("method", ["ivaae_svgd", "wae_mmd"])
def test_training_after_loading_is_as_if_it_had_not_stopped(method, tmp_path):
    """Weights, three optimizers, their steps and the random state, bit for bit."""
    model = small_model(method, FusedAdam, rates=(1e-2, 2e-2, 3e-2))
    data = tf.data.Dataset.from_tensor_slices(random_images(24)).batch(8)
    model.fit(data, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert_equal(loaded.get_weights(), model.get_weights())
    for name in ("encoder_optimizer", "decoder_optimizer", "discriminator_optimizer"):
        optimizer, expected = getattr(loaded, name), getattr(model, name)
        assert type(optimizer) is FusedAdam
        assert_equal(_arrays(optimizer), _arrays(expected))
    assert int(loaded.encoder_optimizer.iterations) == 3
    model.fit(data, shuffle=False, verbose=0)
    loaded.fit(data, shuffle=False, verbose=0)
    assert_equal(loaded.get_weights(), model.get_weights())


@pytest.mark.parametrize("jit_compile, steps", [(False, 1), (True, 2)])
def test_loading_keeps_how_steps_are_executed(jit_compile, steps, tmp_path):
    model = small_model()
    model.compile(
        *(keras.optimizers.SGD(0.1) for _ in range(3)),
        jit_compile=jit_compile,
        steps_per_execution=steps,
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.jit_compile == jit_compile
    assert loaded.steps_per_execution == steps


def test_weights_alone_hold_the_random_state(tmp_path):
    """Keras does not save the state of seed generators; the intervention does."""
    model = small_model()
    model.train_step(tf.constant(random_images()))
    model.save_weights(tmp_path / "a.weights.h5")
    other = small_model()
    other.load_weights(tmp_path / "a.weights.h5")
    z = tf.zeros((3, 4))
    np.testing.assert_array_equal(other.intervention(z), model.intervention(z))


def test_configuration_round_trip():
    model = small_model(latent_weight=0.3, encoder_objective="confusion", num_bridges=2)
    twin = InterventionAutoencoder.from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert twin.latent_weight == 0.3
    assert twin.divergence.encoder_objective == "confusion"


def test_samples_are_a_function_of_weights_and_seed():
    model = small_model()
    first = model.sample(5, seed=3).numpy()
    model.intervention(tf.zeros((2, 4)))  # the noise of the intervention has no effect
    np.testing.assert_array_equal(model.sample(5, seed=3), first)
    assert first.shape == (5, *IMAGE_SHAPE)
    assert np.all(np.any(first != model.sample(5, seed=4), axis=(1, 2, 3)))


def test_samples_are_decoded_prior_codes():
    """Uses a decoder that returns the code: 20,000 numbers have N(0, 1)'s moments."""
    show = keras.Sequential([keras.Input((4,)), keras.layers.Reshape((2, 2, 1))])
    model = InterventionAutoencoder(
        fully_connected.encoder((2, 2, 1), 4, 0.01),
        show,
        RadialIntervention(1),
        AdversarialDivergence(fully_connected.discriminator(4, 2, 0.01)),
    )
    codes = model.sample(5000, seed=0).numpy()
    assert abs(codes.mean()) < 5 / np.sqrt(20_000)
    assert abs(codes.var() - 1) < 5 * np.sqrt(2 / 20_000)


def test_calling_reconstructs():
    model, x = small_model(), random_images()
    np.testing.assert_array_equal(model(x), model.decode(model.encode(x)))


def test_interpolated_images_start_and_end_at_their_codes():
    model = small_model()
    start, end = tf.random.stateless_normal((2, 3, 4), [0, 0])
    images = model.interpolate(start, end, 6)
    assert images.shape == (3, 6, *IMAGE_SHAPE)
    np.testing.assert_allclose(images[:, 0], model.decode(start), atol=1e-6)
    np.testing.assert_allclose(images[:, -1], model.decode(end), atol=1e-6)
    with pytest.raises(ValueError, match=r"at least 2\. Received: 1"):
        model.interpolate(start, end, 1)


_COMMON_LOGS = {
    "loss",
    "reconstruction_loss",
    "latent_loss",
    "encoder_gradient_norm",
    "decoder_gradient_norm",
}
_GAME_LOGS = {"discriminator_cross_entropy", "js_estimate", "discriminator_gradient_norm"}


@pytest.mark.parametrize("method, num_rungs", [("ivaae_radial", 5), ("wae_gan", 2), ("wae_mmd", 2)])
def test_logs_are_named_and_averaged_over_the_epoch(method, num_rungs):
    """Compares an epoch's logs with the means over its batches' logs."""
    model = small_model(method)
    of_rungs = {"mean_norm_rung", "standard_deviation_rung"}
    names = set(_COMMON_LOGS)
    if method != "wae_mmd":
        of_rungs.add("discriminator_accuracy_rung")
        names |= _GAME_LOGS
    names |= {f"{name}_{k}" for name in of_rungs for k in range(num_rungs)}
    batches = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(dict(logs))
    )
    data = tf.data.Dataset.from_tensor_slices(random_images(24)).batch(8)
    history = model.fit(data, epochs=2, shuffle=False, verbose=0, callbacks=[record]).history
    assert set(history) == set(batches[0]) == names
    for name in names:
        for epoch in range(2):
            values = [float(logs[name]) for logs in batches[3 * epoch : 3 * epoch + 3]]
            np.testing.assert_allclose(history[name][epoch], np.mean(values), rtol=1e-5, atol=1e-6)
    assert len({float(logs["reconstruction_loss"]) for logs in batches}) == 6


def test_evaluation_is_the_mean_over_all_images_and_changes_nothing():
    """Gives every image the same weight, although the last batch has fewer images."""
    model, x = small_model(), random_images(20)
    before = [variable.numpy() for variable in model.weights]
    logs = model.evaluate(
        tf.data.Dataset.from_tensor_slices(x).batch(8), verbose=0, return_dict=True
    )
    cost = 0.05 * np.sum((x - model(x).numpy()) ** 2, axis=(1, 2, 3))
    assert set(logs) == {"reconstruction_loss", "loss"}
    np.testing.assert_allclose(logs["reconstruction_loss"], cost.mean(), rtol=1e-5)
    assert_equal([variable.numpy() for variable in model.weights], before)


def test_validation_within_fit_leaves_the_training_averages():
    data = tf.data.Dataset.from_tensor_slices(random_images(24)).batch(8)
    alone = small_model().fit(data, epochs=2, shuffle=False, verbose=0).history
    both = small_model().fit(data, epochs=2, shuffle=False, verbose=0, validation_data=data).history
    assert len(both.pop("val_reconstruction_loss")) == len(both.pop("val_loss")) == 2
    assert both == alone


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"encoder \(None, 4\), decoder \(None, 5\)"):
        InterventionAutoencoder(
            fully_connected.encoder(IMAGE_SHAPE, 4, 0.01),
            fully_connected.decoder(IMAGE_SHAPE, 5, 0.01),
            RadialIntervention(1),
            AdversarialDivergence(fully_connected.discriminator(4, 2, 0.01)),
        )


def test_float16_is_refused():
    """Gradients in float16 need loss scaling, which Keras has for one optimizer only."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match=r"mixed_bfloat16\. Received: mixed_float16"):
            small_model()
    finally:
        keras.config.set_dtype_policy(before)
