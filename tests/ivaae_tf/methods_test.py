"""Tests of the table of methods, and of the errors for settings that do not fit."""

import keras
import numpy as np
import pytest

from ivaae_tf.layers.divergences import AdversarialDivergence, MaximumMeanDiscrepancy, NoDivergence
from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.models.build import build_model
from ivaae_tf.models.networks import NETWORKS


def _build(method, **options):
    settings = {"network": "fully_connected", "image_shape": (4, 4, 1), "latent_dim": 8}
    return build_model(method, **{**settings, "width": 1 / 64, **options})


@pytest.mark.parametrize(
    "method, intervention, divergence, t, latent_weight",
    [
        ("ivaae_blockwise", BlockwiseIntervention, AdversarialDivergence, 4, 0.4),
        ("ivaae_radial", RadialIntervention, AdversarialDivergence, 4, 0.4),
        ("ivaae_svgd", SVGDIntervention, AdversarialDivergence, 4, 0.4),
        ("aae", BlockwiseIntervention, AdversarialDivergence, 1, 1.0),
        ("wae_gan", BlockwiseIntervention, AdversarialDivergence, 1, 1.0),
        ("wae_mmd", BlockwiseIntervention, MaximumMeanDiscrepancy, 1, 100.0),
        ("infovae", BlockwiseIntervention, MaximumMeanDiscrepancy, 1, 100.0),
        ("vae", BlockwiseIntervention, NoDivergence, 1, 0.0),
        ("rae_l2", BlockwiseIntervention, NoDivergence, 1, 0.0),
    ],
)
def test_systems_of_the_comparison(method, intervention, divergence, t, latent_weight):
    """Checks interventions, divergences, t and μ₂ = 2/(t+1) against the paper."""
    model = _build(method)
    assert type(model.intervention) is intervention
    assert type(model.divergence) is divergence
    assert model.intervention.num_bridges == t
    assert model.latent_weight == latent_weight
    assert model.reconstruction_weight == model.discriminator_weight == 1
    if divergence is AdversarialDivergence:
        assert model.divergence.add_log_prior == (method == "wae_gan")
        assert model.divergence.encoder_objective == "prior"
        assert model.divergence.discriminator.output_shape == (None, t + 1)


@pytest.mark.parametrize("num_bridges", [1, 2, 8, 16])
@pytest.mark.parametrize("method", ["ivaae_blockwise", "ivaae_radial", "ivaae_svgd"])
def test_the_number_of_bridges_is_the_users(method, num_bridges):
    model = _build(method, num_bridges=num_bridges, latent_dim=16)
    assert model.intervention.num_bridges == num_bridges
    np.testing.assert_allclose(model.latent_weight, 2 / (num_bridges + 1))


@pytest.mark.parametrize("method", ["ivaae_svgd", "wae_mmd"])
@pytest.mark.parametrize("network", NETWORKS)
def test_the_seed_decides_weights_and_noise(method, network):
    options = {"network": network, "image_shape": (16, 16, 1)}
    model, twin, other = (_build(method, seed=seed, **options) for seed in (1, 1, 2))
    for value, same in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(value, same)
    kernel = model.encoder.trainable_variables[0]
    assert np.all(kernel.numpy() != other.encoder.trainable_variables[0].numpy())
    z = keras.random.normal((5, 8), seed=0)
    np.testing.assert_array_equal(model.intervention(z), twin.intervention(z))


def test_options_reach_their_objects():
    model = _build(
        "ivaae_svgd",
        bandwidth_scale=3.0,
        encoder_objective="minimax",
        reconstruction_weight=2.0,
        discriminator_weight=3.0,
        latent_weight=0.0,
    )
    assert model.intervention.bandwidth_scale == 3.0
    assert model.divergence.encoder_objective == "minimax"
    weights = model.reconstruction_weight, model.discriminator_weight, model.latent_weight
    assert weights == (2.0, 3.0, 0.0)


@pytest.mark.parametrize(
    "method, options, message",
    [
        ("ivae_radial", {}, "method must be one of ivaae_blockwise, .* Received: 'ivae_radial'"),
        ("aae", {"network": "cnn"}, "network must be one of .* Received: 'cnn'"),
        (
            "aae",
            {"latent_dim": 0},
            "latent_dim must be an integer .* 4,096. Received: 0",
        ),
        ("aae", {"width": 0.0}, "width must be a number between 0.001 and 64. Received: 0.0"),
        ("aae", {"num_bridges": 2}, "num_bridges must be 1 for aae. Received: 2"),
        (
            "ivaae_radial",
            {"num_bridges": 0},
            "num_bridges must be an integer .* 256. Received: 0",
        ),
        ("ivaae_blockwise", {"num_bridges": 3}, "num_bridges=3, latent_dim=8"),
        ("aae", {"encoder_objective": "maximin"}, "one of prior, .* Received: 'maximin'"),
        ("wae_mmd", {"encoder_objective": "confusion"}, "wae_mmd does not have a discriminator"),
        ("wae_mmd", {"discriminator_weight": 2.0}, "wae_mmd does not have a discriminator"),
        ("aae", {"bandwidth_scale": 1.0}, "bandwidth_scale must not be set for aae. Received: 1.0"),
        (
            "vae",
            {"latent_weight": 1.0},
            "latent_weight must be 0, as vae does not",
        ),
        ("vae", {"posterior": "normal"}, "posterior must be one of point, .* Received: 'normal'"),
        ("vae", {"posterior_weight": -0.1}, r"posterior_weight must be 0, or a number between"),
        ("vae", {"posterior_scale": 0.5}, "posterior_scale needs posterior=fixed_variance"),
        ("aae", {"likelihood": "gaussian"}, "likelihood=gaussian needs a posterior with noise"),
        ("aae", {"regularizer_weight": 1.0}, "regularizer_weight must be 0 with .*=none"),
        ("rae_sn", {"regularizer_weight": 1.0}, "must be 0 with .*=spectral_normalization"),
        ("vae", {"likelihood": "ssim"}, "likelihood=ssim needs posterior=point.* gaussian"),
        ("aae", {"likelihood": "ssim"}, "at least 11 pixels a side. Received: 4×4×1"),
        ("aae", {"network": "convolutional"}, "multiple of 16 for .* Received: 4"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(method, options, message):
    with pytest.raises(ValueError, match=message) as refusal:
        _build(method, **options)
    assert "\n" not in str(refusal.value)
