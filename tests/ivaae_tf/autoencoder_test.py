"""Algorithm 1 against a second writing of it; what a model keeps, draws and logs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.divergences import AdversarialDivergence
from ivaae_tf.interventions import RadialIntervention
from ivaae_tf.methods import build_model
from ivaae_tf.networks import fully_connected
from ivaae_tf.optimizers import FusedAdam

_IMAGE_SHAPE = (4, 4, 1)


def _model(method="ivaae_radial", optimizer=keras.optimizers.SGD, rates=(0.1, 0.1, 0.1), **options):
    """Returns a small compiled model; `rates` are those of E, G and D."""
    settings = {"network": "fully_connected", "image_shape": _IMAGE_SHAPE, "latent_dim": 4}
    model = build_model(method, **settings, width=1 / 64, seed=7, **options)
    encoder, decoder, discriminator = (optimizer(rate) for rate in rates)
    model.compile(encoder, decoder, discriminator, jit_compile=False)
    return model


def _images(num_images=8, seed=0, image_shape=_IMAGE_SHAPE):
    images = np.random.default_rng(seed).uniform(-1, 1, (num_images, *image_shape))
    return images.astype(np.float32)


def _values(part):
    return [variable.numpy() for variable in part.trainable_variables]


def _arrays(optimizer):
    return [variable.numpy() for variable in optimizer.variables]


def _assert_equal(values, expected, **tolerance):
    for value, reference in zip(values, expected, strict=True):
        if tolerance:
            np.testing.assert_allclose(value, reference, **tolerance)
        else:
            np.testing.assert_array_equal(value, reference)


def _differ(values, others):
    return all(np.any(value != other) for value, other in zip(values, others, strict=True))


def _descend(variables, gradients, rate):
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign(variable - rate * gradient)


def _reference_step(model, x, weights, rates):
    """Algorithm 1 with plain descent: a forward pass and a tape for each of D, G and E."""
    lambda_, mu_1, mu_2 = weights
    encoder, decoder, rungs = model.encoder, model.decoder, model.intervention
    discriminator = model.divergence.discriminator
    t, m = rungs.num_bridges, len(x)
    noise = rungs.seed_generator.state.numpy()

    def log_d():
        rungs.seed_generator.state.assign(noise)  # each pass draws the same noise
        codes = tf.reshape(rungs(encoder(x)), [(t + 1) * m, -1])
        return tf.nn.log_softmax(discriminator(codes))

    def reconstruction():
        squared_error = (x - decoder(encoder(x))) ** 2
        return 0.05 * tf.reduce_sum(squared_error) / m

    rung = np.repeat(np.arange(t + 1), m)
    with tf.GradientTape() as tape:
        loss_d = -mu_1 * tf.reduce_mean(tf.reduce_sum(log_d() * tf.one_hot(rung, t + 1), axis=1))
    theta_d = discriminator.trainable_variables
    _descend(theta_d, tape.gradient(loss_d, theta_d), rates[2])

    with tf.GradientTape() as tape:
        loss_g = lambda_ * reconstruction()
    gradients_g = tape.gradient(loss_g, decoder.trainable_variables)
    with tf.GradientTape() as tape:
        latent = -tf.reduce_mean(log_d()[: t * m, t])
        loss_e = lambda_ * reconstruction() + mu_2 * latent
    gradients_e = tape.gradient(loss_e, encoder.trainable_variables)
    _descend(decoder.trainable_variables, gradients_g, rates[1])
    _descend(encoder.trainable_variables, gradients_e, rates[0])
    return loss_d / mu_1, latent, loss_g / lambda_, gradients_e, gradients_g


@pytest.mark.parametrize("method, t", [("ivaae_radial", 4), ("ivaae_blockwise", 2), ("aae", 1)])
def test_train_step_is_algorithm_1(method, t):
    """Three steps in float32, whose rounding differs with the order of the sums."""
    weights, rates = (0.7, 1.3, 0.9), (0.2, 0.1, 0.3)
    names = ("reconstruction_weight", "discriminator_weight", "latent_weight")
    options = dict(zip(names, weights, strict=True))
    model = _model(method, rates=rates, num_bridges=t, **options)
    twin = _model(method, rates=rates, num_bridges=t, **options)
    for step in range(3):
        x = _images(seed=step)
        logs = model.train_step(tf.constant(x))
        cross_entropy, latent, reconstruction, gradients_e, gradients_g = _reference_step(
            twin, x, weights, rates
        )
        expected = {
            "discriminator_cross_entropy": cross_entropy,
            "js_estimate": np.log(t + 1) - cross_entropy,
            "latent_loss": latent,
            "reconstruction_loss": reconstruction,
            "encoder_gradient_norm": np.sqrt(sum(np.sum(g**2) for g in gradients_e)),
            "decoder_gradient_norm": np.sqrt(sum(np.sum(g**2) for g in gradients_g)),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(logs[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
        _assert_equal(_values(model), _values(twin), rtol=1e-5, atol=1e-6)
    assert _differ(_values(model), _values(_model(method, num_bridges=t)))


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, FusedAdam])
def test_radial_at_t_1_is_the_adversarial_auto_encoder(optimizer):
    """The same updates from the same weights and noise, bit for bit."""
    radial = _model("ivaae_radial", optimizer, num_bridges=1)
    aae = _model("aae", optimizer)
    assert radial.latent_weight == aae.latent_weight == 1
    start = _values(aae)
    for step in range(4):
        logs = radial.train_step(tf.constant(_images(seed=step)))
        _assert_equal(logs.values(), aae.train_step(tf.constant(_images(seed=step))).values())
    _assert_equal(_values(radial), _values(aae))
    assert _differ(_values(aae), start)


def _after_a_step(**options):
    model = _model(**options)
    model.train_step(tf.constant(_images()))
    return model


def test_the_discriminators_step_moves_nothing_of_e_and_g():
    """Taken alone, or with neither a latent loss nor a reconstruction: only D moves."""
    start, alone = _model(), _model()
    alone.discriminator_step(alone.intervention(alone.encoder(_images())))
    _assert_equal(_values(alone.encoder), _values(start.encoder))
    _assert_equal(_values(alone.decoder), _values(start.decoder))
    assert _differ(_values(alone.divergence), _values(start.divergence))
    end = _after_a_step(rates=(1.0, 1.0, 5.0), latent_weight=0.0, reconstruction_weight=0.0)
    _assert_equal(_values(end.encoder), _values(start.encoder))
    _assert_equal(_values(end.decoder), _values(start.decoder))
    assert _differ(_values(end.divergence), _values(start.divergence))


def test_the_latent_loss_moves_nothing_of_d():
    """E plays against D; D's own update does not see what E minimises."""
    base = _after_a_step()
    other = _after_a_step(latent_weight=50.0, reconstruction_weight=3.0)
    _assert_equal(_values(other.divergence), _values(base.divergence))


@pytest.mark.parametrize(
    "change", [{"latent_weight": 9.0}, {"discriminator_weight": 30.0}, {"rates": (0.1, 0.1, 9.0)}]
)
def test_g_does_not_see_d_and_e_does(change):
    """Changing μ₂, μ₁ or D's rate changes E's update and not G's."""
    base, changed = _after_a_step(), _after_a_step(**change)
    _assert_equal(_values(changed.decoder), _values(base.decoder))
    assert _differ(_values(changed.encoder), _values(base.encoder))


def test_e_meets_the_discriminator_just_updated():
    """With D's rate 0 the latent loss is the one against the old D, and otherwise not."""
    x = tf.constant(_images())
    losses = {rate: _model(rates=(0.1, 0.1, rate)).train_step(x) for rate in (0.0, 0.5)}
    old = _model()
    z_k = old.intervention(old.encoder(x))
    np.testing.assert_allclose(losses[0.0]["latent_loss"], old.divergence(z_k), rtol=1e-6)
    assert abs(losses[0.5]["latent_loss"] - losses[0.0]["latent_loss"]) > 1e-3


def test_a_step_is_one_pass_of_batch_norm():
    """E and G run once a step: moving means go a tenth of the way to the batch's, once."""
    model = build_model(
        "aae", network="convolutional", image_shape=(16, 16, 1), latent_dim=4, width=1 / 64, seed=1
    )
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(3)), jit_compile=False)
    x = _images(image_shape=(16, 16, 1))
    convolution, norm = model.encoder.layers[:2]
    batch_mean = np.mean(convolution(x), axis=(0, 1, 2))
    model.train_step(tf.constant(x))
    np.testing.assert_allclose(norm.moving_mean, 0.1 * batch_mean, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["ivaae_svgd", "wae_mmd"])
def test_training_after_loading_is_as_if_it_had_not_stopped(method, tmp_path):
    """Weights, three optimizers, their steps and the random state, bit for bit."""
    model = _model(method, FusedAdam, rates=(1e-2, 2e-2, 3e-2))
    data = tf.data.Dataset.from_tensor_slices(_images(24)).batch(8)
    model.fit(data, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    _assert_equal(loaded.get_weights(), model.get_weights())
    for name in ("encoder_optimizer", "decoder_optimizer", "discriminator_optimizer"):
        optimizer, expected = getattr(loaded, name), getattr(model, name)
        assert type(optimizer) is FusedAdam
        _assert_equal(_arrays(optimizer), _arrays(expected))
    assert int(loaded.encoder_optimizer.iterations) == 3
    model.fit(data, shuffle=False, verbose=0)
    loaded.fit(data, shuffle=False, verbose=0)
    _assert_equal(loaded.get_weights(), model.get_weights())


@pytest.mark.parametrize("jit_compile, steps", [(False, 1), (True, 2)])
def test_loading_keeps_how_steps_are_executed(jit_compile, steps, tmp_path):
    model = _model()
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
    """Keras leaves the state of seed generators out of files; the intervention puts it in."""
    model = _model()
    model.train_step(tf.constant(_images()))
    model.save_weights(tmp_path / "a.weights.h5")
    other = _model()
    other.load_weights(tmp_path / "a.weights.h5")
    z = tf.zeros((3, 4))
    np.testing.assert_array_equal(other.intervention(z), model.intervention(z))


def test_configuration_round_trip():
    model = _model(latent_weight=0.3, encoder_objective="confusion", num_bridges=2)
    twin = InterventionAutoencoder.from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert twin.latent_weight == 0.3
    assert twin.divergence.encoder_objective == "confusion"


def test_samples_are_a_function_of_weights_and_seed():
    model = _model()
    first = model.sample(5, seed=3).numpy()
    model.intervention(tf.zeros((2, 4)))  # the model's own noise has no part in it
    np.testing.assert_array_equal(model.sample(5, seed=3), first)
    assert first.shape == (5, *_IMAGE_SHAPE)
    assert np.all(np.any(first != model.sample(5, seed=4), axis=(1, 2, 3)))


def test_samples_are_decoded_prior_codes():
    """With a decoder that shows the code, 20,000 numbers have the moments of N(0, 1)."""
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
    model, x = _model(), _images()
    np.testing.assert_array_equal(model(x), model.decode(model.encode(x)))


def test_interpolated_images_start_and_end_at_their_codes():
    model = _model()
    start, end = tf.random.stateless_normal((2, 3, 4), [0, 0])
    images = model.interpolate(start, end, 6)
    assert images.shape == (3, 6, *_IMAGE_SHAPE)
    np.testing.assert_allclose(images[:, 0], model.decode(start), atol=1e-6)
    np.testing.assert_allclose(images[:, -1], model.decode(end), atol=1e-6)
    with pytest.raises(ValueError, match=r"at least 2\. Received: 1"):
        model.interpolate(start, end, 1)


_COMMON_LOGS = {
    "reconstruction_loss",
    "latent_loss",
    "encoder_gradient_norm",
    "decoder_gradient_norm",
}
_GAME_LOGS = {"discriminator_cross_entropy", "js_estimate", "discriminator_gradient_norm"}


@pytest.mark.parametrize("method, num_rungs", [("ivaae_radial", 5), ("wae_gan", 2), ("wae_mmd", 2)])
def test_logs_are_named_and_averaged_over_the_epoch(method, num_rungs):
    """Each batch's logs are its own; the epoch's are the means over its batches."""
    model = _model(method)
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
    data = tf.data.Dataset.from_tensor_slices(_images(24)).batch(8)
    history = model.fit(data, epochs=2, shuffle=False, verbose=0, callbacks=[record]).history
    assert set(history) == set(batches[0]) == names
    for name in names:
        for epoch in range(2):
            values = [float(logs[name]) for logs in batches[3 * epoch : 3 * epoch + 3]]
            np.testing.assert_allclose(history[name][epoch], np.mean(values), rtol=1e-5, atol=1e-6)
    assert len({float(logs["reconstruction_loss"]) for logs in batches}) == 6


def test_evaluation_is_the_mean_over_all_images_and_changes_nothing():
    """The last batch has fewer images, and every image weighs the same."""
    model, x = _model(), _images(20)
    before = [variable.numpy() for variable in model.weights]
    logs = model.evaluate(
        tf.data.Dataset.from_tensor_slices(x).batch(8), verbose=0, return_dict=True
    )
    cost = 0.05 * np.sum((x - model(x).numpy()) ** 2, axis=(1, 2, 3))
    assert set(logs) == {"reconstruction_loss"}
    np.testing.assert_allclose(logs["reconstruction_loss"], cost.mean(), rtol=1e-5)
    _assert_equal([variable.numpy() for variable in model.weights], before)


def test_validation_within_fit_leaves_the_training_averages():
    data = tf.data.Dataset.from_tensor_slices(_images(24)).batch(8)
    alone = _model().fit(data, epochs=2, shuffle=False, verbose=0).history
    both = _model().fit(data, epochs=2, shuffle=False, verbose=0, validation_data=data).history
    assert len(both.pop("val_reconstruction_loss")) == 2
    assert both == alone


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"encoder to \(None, 4\), a decoder from \(None, 5\)"):
        InterventionAutoencoder(
            fully_connected.encoder(_IMAGE_SHAPE, 4, 0.01),
            fully_connected.decoder(_IMAGE_SHAPE, 5, 0.01),
            RadialIntervention(1),
            AdversarialDivergence(fully_connected.discriminator(4, 2, 0.01)),
        )


def test_float16_is_refused():
    """Its gradients need loss scaling, which Keras gives to one optimizer only."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match=r"mixed_bfloat16\. Received: mixed_float16"):
            _model()
    finally:
        keras.config.set_dtype_policy(before)
