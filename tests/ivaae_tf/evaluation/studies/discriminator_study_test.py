"""The discriminator trained alone: Theorem 2's bound, and the unchanged parts."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from ivaae_tf.evaluation.studies.discriminator_study import train_discriminator_alone
from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.layers.interventions import BlockwiseIntervention, RadialIntervention
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import build_model
from ivaae_tf.models.networks import fully_connected

LATENT_DIM = 4


def transparent_model(intervention, rate=2e-3):
    """Returns a model that takes the four pixels of an image as its code."""
    model = InterventionAutoencoder(
        keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Reshape((4,))]),
        keras.Sequential([keras.Input((4,)), keras.layers.Reshape((2, 2, 1))]),
        intervention,
        AdversarialDivergence(
            fully_connected.discriminator(LATENT_DIM, intervention.num_bridges + 1, width=1 / 16)
        ),
    )
    model.compile(*(keras.optimizers.Adam(rate) for _ in range(3)))
    return model


def gaussian_images(mean, batch_size=512, seed=0):
    """Yields endless batches with codes from N((mean, …, mean), I)."""
    generator = np.random.default_rng(seed)
    while True:
        codes = generator.normal(mean, 1, (batch_size, 2, 2, 1))
        yield tf.constant(codes, tf.float32)


def study(model, batches, num_steps=300, measure_every=50, num_measured_batches=8):
    measurements = train_discriminator_alone(
        model,
        batches,
        num_steps=num_steps,
        measure_every=measure_every,
        num_measured_batches=num_measured_batches,
    )
    return list(measurements)


def seeded(intervention, seed=3):
    keras.utils.set_random_seed(seed)
    return transparent_model(intervention)


def test_against_codes_of_the_prior_there_is_nothing_to_learn():
    model = seeded(RadialIntervention(4, seed=1))
    last = study(model, gaussian_images(0.0))[-1]
    assert last.step == 300
    # If D fits noise, its cross-entropy on other codes is above log 5.
    assert last.discriminator_cross_entropy == pytest.approx(np.log(5), abs=0.02)
    assert last.js_estimate == pytest.approx(0, abs=0.02)


def best_cross_entropy(means, num_samples=200_000):
    """Estimates E[−log p_k(z) / Σ_j p_j(z)] for p_k = N((μ_k, …, μ_k), I)."""
    codes = np.random.default_rng(5).normal(size=(len(means), num_samples, LATENT_DIM))
    codes += np.asarray(means)[:, np.newaxis, np.newaxis]
    # log p_j(z), except for a shared term.
    logits = codes.sum(-1, keepdims=True) * means - LATENT_DIM * np.square(means) / 2
    log_posterior = scipy.special.log_softmax(logits, axis=-1)
    return -np.mean([log_posterior[k, :, k] for k in range(len(means))])


@pytest.mark.parametrize(
    ("intervention", "mean", "means"),
    [
        (BlockwiseIntervention(1, seed=1), 0.8, [0.8, 0]),
        (
            RadialIntervention(4, seed=1),
            2.0,
            2.0 * np.cos(np.arange(5) * np.pi / 8),
        ),
    ],
)
def test_the_cross_entropy_falls_to_its_bound_and_not_below(intervention, mean, means):
    model = seeded(intervention)
    curve = study(model, gaussian_images(mean))
    bound = best_cross_entropy(means)  # log(t+1) − JS
    log_num_rungs = np.log(len(means))
    assert bound < log_num_rungs - 0.2
    assert curve[0].discriminator_cross_entropy > bound + 0.2
    # The mean over the 4,096 measured codes of each rung has an error of about 0.01.
    assert all(point.discriminator_cross_entropy > bound - 0.03 for point in curve)
    assert curve[-1].discriminator_cross_entropy == pytest.approx(bound, abs=0.04)
    assert curve[-1].js_estimate == pytest.approx(log_num_rungs - bound, abs=0.04)


def small_model(networks="fully_connected", **options):
    size = 4 if networks == "fully_connected" else 16
    model = build_model(
        "ivaae_radial",
        network=networks,
        image_shape=(size, size, 1),
        latent_dim=LATENT_DIM,
        width=1 / 64,
        seed=7,
        **options,
    )
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(3)))
    return model


def images(count, size=4, batch_size=8):
    generator = np.random.default_rng(2)
    return [
        tf.constant(generator.uniform(-1, 1, (batch_size, size, size, 1)), tf.float32)
        for _ in range(count)
    ]


def test_encoder_and_decoder_stay_as_they_are_and_the_discriminator_does_not():
    # Convolutional networks also have moving averages, which inference does not change.
    model = small_model("convolutional")
    frozen = [*model.encoder.variables, *model.decoder.variables]
    assert len(frozen) > len(model.encoder.trainable_variables)
    before = [variable.numpy() for variable in frozen]
    learning = model.divergence.trainable_variables
    learning_before = [variable.numpy() for variable in learning]
    study(model, images(12, size=16), num_steps=10, num_measured_batches=2)
    for variable, value in zip(frozen, before, strict=True):
        np.testing.assert_array_equal(variable, value, err_msg=variable.path)
    for variable, value in zip(learning, learning_before, strict=True):
        assert np.any(variable != value), variable.path


@pytest.mark.parametrize("objective", ["prior", "minimax"])
def test_the_gradient_norm_is_that_of_the_latent_loss_alone(objective):
    model = small_model(encoder_objective=objective, latent_weight=0.3)
    noise = model.intervention.seed_generator.state
    first_noise = noise.numpy()
    batches = images(9)
    last = study(model, batches, num_steps=6, num_measured_batches=3)[-1]

    noise.assign(first_noise)
    norms, norms_of_codes, cross_entropies = [], [], []
    for x in batches[:3]:
        with tf.GradientTape(persistent=True) as tape:
            z_k = model.intervention(model.encoder(x))
            codes = tf.reshape(z_k, [-1, LATENT_DIM])
            log_d = tf.nn.log_softmax(model.divergence.discriminator(codes))
            log_d = tf.reshape(log_d, [5, 8, 5])
            own = tf.stack([log_d[k, :, k] for k in range(5)])
            loss = (
                -tf.reduce_mean(log_d[:4, :, 4]) if objective == "prior" else (tf.reduce_mean(own))
            )
            loss_of_codes = -tf.reduce_mean(log_d[0, :, 4])
        for each, found in ((loss, norms), (loss_of_codes, norms_of_codes)):
            gradients = tape.gradient(each, model.encoder.trainable_variables)
            found.append(np.sqrt(sum(np.sum(np.square(gradient)) for gradient in gradients)))
        cross_entropies.append(-np.mean(own))
    assert norms[0] > 1e-4
    assert last.encoder_gradient_norm == pytest.approx(np.mean(norms), rel=1e-4)
    assert last.rung_0_gradient_norm == pytest.approx(np.mean(norms_of_codes), rel=1e-4)
    assert last.discriminator_cross_entropy == pytest.approx(np.mean(cross_entropies), rel=1e-5)


def test_the_last_step_is_measured_and_looking_more_often_changes_nothing():
    seldom = study(small_model(), images(8), num_steps=6, measure_every=4, num_measured_batches=2)
    often = study(small_model(), images(8), num_steps=6, measure_every=1, num_measured_batches=2)
    assert [point.step for point in seldom] == [0, 4, 6]
    assert [point.step for point in often] == list(range(7))
    assert seldom == [often[0], often[4], often[6]]
