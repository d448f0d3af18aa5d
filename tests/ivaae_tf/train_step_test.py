"""Tests of Algorithm 1 against a second implementation, and of the weights each step changes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.build import build_model
from ivaae_tf.models.optimizers import FusedAdam
from tests.small_models import assert_equal, random_images, small_model


def _values(part):
    return [variable.numpy() for variable in part.trainable_variables]


def _differ(values, others):
    return all(np.any(value != other) for value, other in zip(values, others, strict=True))


def _descend(variables, gradients, rate):
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign(variable - rate * gradient)


def _reference_step(model, x, weights, rates):
    """Runs Algorithm 1 with plain descent, and a pass and a tape for each of D, G, E."""
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
    """Compares three steps in float32: rounding depends on the order of the sums."""
    weights, rates = (0.7, 1.3, 0.9), (0.2, 0.1, 0.3)
    names = ("reconstruction_weight", "discriminator_weight", "latent_weight")
    options = dict(zip(names, weights, strict=True))
    model = small_model(method, rates=rates, num_bridges=t, **options)
    twin = small_model(method, rates=rates, num_bridges=t, **options)
    for step in range(3):
        x = random_images(seed=step)
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
        assert_equal(_values(model), _values(twin), rtol=1e-5, atol=1e-6)
    assert _differ(_values(model), _values(small_model(method, num_bridges=t)))


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, FusedAdam])
def test_radial_at_t_1_is_the_adversarial_auto_encoder(optimizer):
    """Makes the same updates from the same weights and noise, bit for bit."""
    radial = small_model("ivaae_radial", optimizer, num_bridges=1)
    aae = small_model("aae", optimizer)
    assert radial.latent_weight == aae.latent_weight == 1
    start = _values(aae)
    for step in range(4):
        logs = radial.train_step(tf.constant(random_images(seed=step)))
        assert_equal(logs.values(), aae.train_step(tf.constant(random_images(seed=step))).values())
    assert_equal(_values(radial), _values(aae))
    assert _differ(_values(aae), start)


def _after_a_step(**options):
    model = small_model(**options)
    model.train_step(tf.constant(random_images()))
    return model


def test_the_discriminators_step_moves_nothing_of_e_and_g():
    """Changes only D: alone, or in a step without latent and reconstruction losses."""
    start, alone = small_model(), small_model()
    alone.discriminator_step(alone.intervention(alone.encoder(random_images())))
    assert_equal(_values(alone.encoder), _values(start.encoder))
    assert_equal(_values(alone.decoder), _values(start.decoder))
    assert _differ(_values(alone.divergence), _values(start.divergence))
    end = _after_a_step(rates=(1.0, 1.0, 5.0), latent_weight=0.0, reconstruction_weight=0.0)
    assert_equal(_values(end.encoder), _values(start.encoder))
    assert_equal(_values(end.decoder), _values(start.decoder))
    assert _differ(_values(end.divergence), _values(start.divergence))


def test_the_latent_loss_moves_nothing_of_d():
    """Changes the weights of E's losses, on which D's update does not depend."""
    base = _after_a_step()
    other = _after_a_step(latent_weight=50.0, reconstruction_weight=3.0)
    assert_equal(_values(other.divergence), _values(base.divergence))


@pytest.mark.parametrize(
    "change", [{"latent_weight": 9.0}, {"discriminator_weight": 30.0}, {"rates": (0.1, 0.1, 9.0)}]
)
def test_g_does_not_see_d_and_e_does(change):
    """Changes μ₂, μ₁ or D's rate: E's update changes, but G's does not."""
    base, changed = _after_a_step(), _after_a_step(**change)
    assert_equal(_values(changed.decoder), _values(base.decoder))
    assert _differ(_values(changed.encoder), _values(base.encoder))


def test_e_meets_the_discriminator_just_updated():
    """Checks that the latent loss is against the old D only if D's rate is 0."""
    x = tf.constant(random_images())
    losses = {rate: small_model(rates=(0.1, 0.1, rate)).train_step(x) for rate in (0.0, 0.5)}
    old = small_model()
    z_k = old.intervention(old.encoder(x))
    np.testing.assert_allclose(losses[0.0]["latent_loss"], old.divergence(z_k), rtol=1e-6)
    assert abs(losses[0.5]["latent_loss"] - losses[0.0]["latent_loss"]) > 1e-3


def test_a_step_is_one_pass_of_batch_norm():
    """Runs E once per step: moving means go a tenth of the way to the batch's, once."""
    model = build_model(
        "aae", network="convolutional", image_shape=(16, 16, 1), latent_dim=4, width=1 / 64, seed=1
    )
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(3)), jit_compile=False)
    x = random_images(image_shape=(16, 16, 1))
    convolution, norm = model.encoder.layers[:2]
    batch_mean = np.mean(convolution(x), axis=(0, 1, 2))
    model.train_step(tf.constant(x))
    np.testing.assert_allclose(norm.moving_mean, 0.1 * batch_mean, rtol=1e-4, atol=1e-6)
