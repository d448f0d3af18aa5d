"""Linear auto-encoders with known optima: probabilistic PCA for VAEs, and their like for RAEs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ivaae_tf.layers.decoder_regularizers import GradientPenalty, WeightDecay
from ivaae_tf.layers.divergences import NoDivergence
from ivaae_tf.layers.interventions import BlockwiseIntervention
from ivaae_tf.layers.likelihoods import GaussianLikelihood
from ivaae_tf.layers.noise import InputNoise
from ivaae_tf.layers.posteriors import FixedVariancePosterior, GaussianPosterior, PointPosterior
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_model
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.settings import Settings

IMAGE_SHAPE = (2, 3, 1)
LATENT_DIM = 2
EIGENVALUES = np.array([9.0, 4.0, 1.0, 0.5, 0.3, 0.2])
NUM_IMAGES = 20_000


def linear_model(posterior, posterior_weight, **options):
    """Returns a model of linear networks, with SGD whose rate of 0 leaves it as it is."""
    model = InterventionAutoencoder(
        encoder=keras.Sequential(
            [
                keras.Input(IMAGE_SHAPE),
                layers.Flatten(),
                layers.Dense(posterior.num_parameters(LATENT_DIM)),
            ]
        ),
        decoder=keras.Sequential(
            [keras.Input((LATENT_DIM,)), layers.Dense(6), layers.Reshape(IMAGE_SHAPE)]
        ),
        intervention=BlockwiseIntervention(1, seed=0),
        divergence=NoDivergence(),
        posterior=posterior,
        posterior_weight=posterior_weight,
        latent_weight=0.0,
        **options,
    )
    model.compile(*(keras.optimizers.SGD(0.0) for _ in range(3)), jit_compile=False)
    return model


@pytest.fixture(scope="module")
def basis():
    return np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]


@pytest.fixture(scope="module")
def images(basis):
    """Images whose mean is 0 and whose second moments are exactly the eigenvalues."""
    x = np.random.default_rng(0).normal(size=(NUM_IMAGES, 6))
    x -= x.mean(axis=0)
    whitened = x @ np.linalg.inv(np.linalg.cholesky(x.T @ x / NUM_IMAGES)).T
    x = whitened * np.sqrt(EIGENVALUES) @ basis.T
    return x.reshape(-1, *IMAGE_SHAPE).astype(np.float32)


def set_linear_maps(model, encoder, decoder, log_variance=None):
    """Sets E to x ↦ (encoder·x, log variances) and G to z ↦ decoder·z."""
    kernel, bias = encoder.T, np.zeros(len(encoder))
    if log_variance is not None:
        kernel = np.concatenate([kernel, np.zeros_like(kernel)], axis=1)
        bias = np.concatenate([bias, log_variance])
    model.encoder.set_weights([kernel, bias])
    model.decoder.set_weights([decoder.T, np.zeros(6)])


def loss_of(model, logs):
    names = {
        "reconstruction_loss": model.reconstruction_weight,
        "posterior_loss": model.posterior_weight,
        "decoder_penalty": model.regularizer_weight,
    }
    return sum(weight * float(logs[name]) for name, weight in names.items() if name in logs)


def set_probabilistic_pca(model, basis, noise, scale=1.0):
    """Sets the optimum of Tipping and Bishop (1999) for the decoder's variance `noise`."""
    kept = np.maximum(EIGENVALUES[:LATENT_DIM], noise)
    decoder = scale * basis[:, :LATENT_DIM] * np.sqrt(kept - noise)
    precision = decoder.T @ decoder + noise * np.eye(LATENT_DIM)
    encoder = np.linalg.solve(precision, decoder.T)
    set_linear_maps(model, encoder, decoder, np.log(noise / np.diag(precision)))


@pytest.mark.parametrize("kappa", [0.02, 0.3, 0.6])
def test_a_linear_vae_has_the_loss_of_probabilistic_pca(kappa, basis, images):
    """Lucas et al. (2019); of the two directions, κ = 0.6 leaves one out."""
    noise = 10 * kappa  # the variance for which 0.05 × SSE is the likelihood, times κ
    kept, rest = np.split(EIGENVALUES, [LATENT_DIM])
    expected = 0.05 * (rest.sum() + np.minimum(kept, noise).sum())
    expected += kappa / 2 * np.log(np.maximum(kept, noise) / noise).sum()
    losses = {}
    for scale in (0.85, 1.0, 1.15):
        model = linear_model(GaussianPosterior(seed=2), kappa)
        set_probabilistic_pca(model, basis, noise, scale)
        losses[scale] = loss_of(model, model.train_step(images))
    # An image's loss varies by about as much as it is; the data's moments are exact, so that only
    # the noise of the draws is left.
    tolerance = 5 * expected / np.sqrt(NUM_IMAGES)
    np.testing.assert_allclose(losses[1.0], expected, atol=tolerance)
    assert losses[0.85] > losses[1.0] and losses[1.15] > losses[1.0]


def test_a_linear_denoising_autoencoder_shrinks_its_codes(basis, images):
    """Its optimum is E(x) = λ/(λ+σ²) Uᵀx and G(z) = Uz, whose squared error is λσ²/(λ+σ²)."""
    variance = 2.0
    kept, rest = np.split(EIGENVALUES, [LATENT_DIM])
    expected = 0.05 * (rest.sum() + (kept * variance / (kept + variance)).sum())
    shrunk = (kept / (kept + variance))[:, np.newaxis] * basis[:, :LATENT_DIM].T
    losses = {}
    for scale in (0.9, 1.0, 1.1):
        noise = InputNoise(np.sqrt(variance), seed=2)
        model = linear_model(PointPosterior(), 0.0, input_noise=noise)
        set_linear_maps(model, scale * shrunk, basis[:, :LATENT_DIM])
        losses[scale] = float(model.train_step(images)["reconstruction_loss"])
    np.testing.assert_allclose(losses[1.0], expected, atol=5 * expected / np.sqrt(NUM_IMAGES))
    assert losses[0.9] > losses[1.0] and losses[1.1] > losses[1.0]
    # Outside of training, there is no noise.
    set_linear_maps(model, basis[:, :LATENT_DIM].T, basis[:, :LATENT_DIM])
    logs = model.test_step(images)
    np.testing.assert_allclose(logs["reconstruction_loss"], 0.05 * rest.sum(), rtol=1e-4)


def test_a_large_weight_leaves_nothing_of_the_images(basis, images):
    """10 κ above the largest eigenvalue: the posterior is the prior, exactly."""
    model = linear_model(GaussianPosterior(seed=2), 1.0)
    set_probabilistic_pca(model, basis, noise=10.0)
    logs = model.train_step(images)
    np.testing.assert_allclose(logs["posterior_loss"], 0, atol=1e-6)
    np.testing.assert_allclose(logs["reconstruction_loss"], 0.05 * EIGENVALUES.sum(), rtol=1e-4)


def test_with_a_learned_variance_the_loss_is_the_exact_evidence(basis, images):
    """At the optimum γ² is the mean of the discarded eigenvalues (Tipping and Bishop, 1999)."""
    noise = EIGENVALUES[LATENT_DIM:].mean()
    model = linear_model(GaussianPosterior(seed=2), 1.0, likelihood=GaussianLikelihood())
    set_probabilistic_pca(model, basis, noise)
    model.likelihood.log_gamma.assign(np.log(noise) / 2)
    spectrum = np.concatenate([EIGENVALUES[:LATENT_DIM], np.full(4, noise)])
    expected = (6 * np.log(2 * np.pi) + np.log(spectrum).sum() + (EIGENVALUES / spectrum).sum()) / 2
    loss = loss_of(model, model.train_step(images))
    np.testing.assert_allclose(loss, expected, atol=5 * 3 / np.sqrt(NUM_IMAGES))


@pytest.mark.parametrize("regularizer", [WeightDecay(), GradientPenalty(seed=3)])
def test_a_linear_rae_has_its_closed_form(regularizer, basis, images):
    """For each direction, with a = 0.05: w v = 1 − √(ρκ/2λ)/a and w²/v² = κλ/2ρ."""
    kappa, rho, a = 0.01, 2e-3, 0.05
    model = linear_model(
        PointPosterior(), kappa, decoder_regularizer=regularizer, regularizer_weight=rho
    )
    eigenvalues = EIGENVALUES[:LATENT_DIM]
    product = 1 - np.sqrt(rho * kappa / (2 * eigenvalues)) / a
    ratio = np.sqrt(kappa * eigenvalues / (2 * rho))
    w, v = np.sqrt(product * ratio), np.sqrt(product / ratio)
    directions = basis[:, :LATENT_DIM]
    set_linear_maps(model, (directions * v).T, directions * w)
    logs = model.train_step(images)
    expected = a * EIGENVALUES[LATENT_DIM:].sum()
    expected += np.sum(
        a * eigenvalues * (1 - product) ** 2 + product * np.sqrt(2 * rho * kappa * eigenvalues)
    )
    # A probe of signs has the squared norm of the Jacobian only on average.
    tolerance = 1e-5 if isinstance(regularizer, WeightDecay) else 5 * rho / np.sqrt(NUM_IMAGES)
    np.testing.assert_allclose(loss_of(model, logs), expected, atol=tolerance, rtol=1e-5)
    if isinstance(regularizer, WeightDecay):
        assert max(float(logs[f"{n}_gradient_norm"]) for n in ("encoder", "decoder")) < 1e-4


def test_noise_of_the_codes_is_weight_decay_of_a_linear_decoder(basis, images):
    """E ‖W(z + s·n) − x‖² = ‖Wz − x‖² + s² ‖W‖²: the argument of Ghosh et al. (2020)."""
    scale, kappa = 0.5, 0.01
    noisy = linear_model(FixedVariancePosterior(scale, seed=4), kappa)
    decayed = linear_model(
        PointPosterior(),
        kappa,
        decoder_regularizer=WeightDecay(),
        regularizer_weight=0.05 * scale**2,
    )
    directions = basis[:, :LATENT_DIM]
    for model in (noisy, decayed):
        set_linear_maps(model, 0.4 * directions.T, 1.5 * directions)
    constant = kappa * LATENT_DIM / 2 * (scale**2 - 2 * np.log(scale) - 1)
    losses = [loss_of(model, model.train_step(images)) for model in (noisy, decayed)]
    np.testing.assert_allclose(losses[0] - constant, losses[1], atol=5 * 0.5 / np.sqrt(NUM_IMAGES))


def test_without_a_regularizer_small_codes_are_always_better(basis, images):
    """E/c and G·c reconstruct the same, so that ½‖z‖² alone has no optimum."""
    directions = basis[:, :LATENT_DIM]
    losses = []
    for factor in (1.0, 10.0, 100.0):
        model = linear_model(PointPosterior(), 0.01)
        set_linear_maps(model, directions.T / factor, directions * factor)
        losses.append(loss_of(model, model.train_step(images)))
    assert losses[0] > losses[1] > losses[2]


def test_the_two_ends_of_infovae():
    shape = {"image_shape": (4, 4, 1)}
    options = {"latent_dim": 4, "width": 1 / 64, "seed": 7}
    x = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 1)).astype(np.float32)

    def trained(**settings):
        settings = Settings(**options, **settings)
        model = make_model(settings, **shape)
        model.compile(**make_optimizers(settings, 10), jit_compile=False)
        logs = [model.train_step(x) for _ in range(3)]
        return model, logs

    vae, _ = trained(method="vae", posterior_weight=1.0)
    infovae, _ = trained(method="infovae", posterior_weight=1.0, latent_weight=0.0)
    for weight, other in zip(vae.get_weights(), infovae.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)

    # κ = 0 and no variance: the codes are points, as in WAE-MMD.
    wae = make_model(Settings(method="wae_mmd", **options), **shape)
    point = make_model(Settings(method="infovae", posterior_weight=0.0, **options), **shape)
    kernel, bias = wae.encoder.get_weights()[-2:]
    weights = [*wae.encoder.get_weights()[:-2], np.concatenate([kernel, 0 * kernel], axis=1)]
    point.encoder.set_weights([*weights, np.concatenate([bias, np.full(4, -30.0)])])
    point.decoder.set_weights(wae.decoder.get_weights())
    for model in (wae, point):
        model.compile(*(keras.optimizers.SGD(0.0) for _ in range(3)), jit_compile=False)
    expected, logs = wae.train_step(tf.constant(x)), point.train_step(tf.constant(x))
    for name in ("reconstruction_loss", "latent_loss"):
        np.testing.assert_allclose(logs[name], expected[name], rtol=1e-4, atol=1e-5)
