"""Tests of Tables 3 and 4: sizes, ranges and errors of the networks."""

import keras
import numpy as np
import pytest

from ivaae_tf.models.networks import NETWORKS, convolutional, fully_connected, residual


def test_table_3_has_the_papers_parameters():
    """Counts weights and biases by hand: inputs·units + units, layer by layer."""
    image_shape = (64, 64, 1)
    hidden = 1024 * 1024 + 1024
    encoder = 4096 * 1024 + 1024 + hidden + 1024 * 16 + 16
    decoder = 16 * 1024 + 1024 + hidden + 1024 * 4096 + 4096
    discriminator = 16 * 1024 + 1024 + hidden + 1024 * 5 + 5
    assert fully_connected.encoder(image_shape, 16).count_params() == encoder == 5_261_328
    assert fully_connected.decoder(image_shape, 16).count_params() == decoder == 5_265_408
    assert fully_connected.discriminator(16, 5).count_params() == discriminator == 1_072_133


def test_table_4_has_the_papers_parameters():
    """Checks fixed counts: 18.3 million for E, 21.5 for G, with moving statistics."""
    image_shape = (64, 64, 3)
    assert convolutional.encoder(image_shape, 64).count_params() == 18_271_040
    assert convolutional.decoder(image_shape, 64).count_params() == 21_473_667
    assert convolutional.discriminator(64, 5).count_params() == 823_813


def test_batch_norm_has_the_settings_of_the_wae_reference():
    for network in (convolutional.encoder, convolutional.decoder):
        norms = [
            layer
            for layer in network((16, 16, 3), 4, width=1 / 64).layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        assert norms
        assert all(norm.epsilon == 1e-5 and norm.momentum == 0.9 for norm in norms)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("image_shape", [(32, 32, 1), (48, 48, 3)])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_codes_logits_and_images_are_float32_of_the_right_shape_and_range(
    network, image_shape, policy
):
    """Checks the paper's range [−1, 1], and float32 for losses under every policy."""
    parts = NETWORKS[network]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        encoder = parts.encoder(image_shape, 6, width=1 / 64)
        decoder = parts.decoder(image_shape, 6, width=1 / 64)
        discriminator = parts.discriminator(6, 3, width=1 / 64)
    finally:
        keras.config.set_dtype_policy(before)
    images = np.random.default_rng(0).uniform(-1, 1, (5, *image_shape)).astype("float32")
    codes = encoder(images)
    decoded = decoder(100 * codes)  # far out, where tanh saturates
    logits = discriminator(codes)
    assert codes.shape == (5, 6)
    assert decoded.shape == (5, *image_shape)
    assert logits.shape == (5, 3)
    assert {codes.dtype.name, decoded.dtype.name, logits.dtype.name} == {"float32"}
    assert np.max(np.abs(decoded)) <= 1
    assert encoder.layers[-2].compute_dtype == ("float32" if policy == "float32" else "bfloat16")
    assert {weight.dtype for weight in encoder.weights} == {"float32"}


@pytest.mark.parametrize("network", NETWORKS)
def test_width_scales_every_hidden_layer(network):
    """Halves the width, which halves the units or channels."""
    encoders = [NETWORKS[network].encoder((32, 32, 1), 4, width) for width in (1 / 16, 1 / 32)]
    hidden = {1024, 128, 256, 512}
    wide, narrow = (
        [layer.kernel.shape[-1] for layer in encoder.layers if hasattr(layer, "kernel")][:-1]
        for encoder in encoders
    )
    assert {16 * units for units in wide} <= hidden
    assert [2 * units for units in narrow] == wide


def test_no_width_is_too_small_for_a_layer():
    assert convolutional.discriminator(4, 2, width=1e-6).output_shape == (None, 2)
    assert fully_connected.encoder((8, 8, 1), 4, width=1e-6).output_shape == (None, 4)


@pytest.mark.parametrize("part", ["encoder", "decoder", "image_discriminator"])
@pytest.mark.parametrize(
    ("network", "image_shape", "problem"),
    [
        ("convolutional", (32, 40, 1), "multiple of 16 for convolutional.*32×40"),
        ("convolutional", (40, 40, 1), "multiple of 16 for convolutional.*40"),
        ("residual", (48, 36, 1), "multiple of 8 for residual.*48×36"),
        ("residual", (34, 34, 1), "multiple of 8 for residual.*34"),
    ],
)
def test_a_size_that_the_strides_do_not_divide_is_refused(part, network, image_shape, problem):
    with pytest.raises(ValueError, match=problem):
        getattr(NETWORKS[network], part)(image_shape, 4)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("image_shape", [(32, 48, 1), (96, 64, 3)])
def test_images_may_be_rectangles(network, image_shape):
    parts = NETWORKS[network]
    assert parts.encoder(image_shape, 6, width=1 / 64).output_shape == (None, 6)
    assert parts.decoder(image_shape, 6, width=1 / 64).output_shape == (None, *image_shape)
    assert parts.image_discriminator(image_shape, 2, width=1 / 64).output_shape == (None, 2)


def test_residual_networks_of_large_images_are_about_as_large():
    """The convolutional networks have 1.6 times as many parameters at 128 pixels (34.3 M in G)."""
    for part in (residual.encoder, residual.decoder):
        of_64, of_128 = (part((side, side, 3), 64).count_params() for side in (64, 128))
        assert of_64 < of_128 < 1.3 * of_64


def test_residual_networks_have_one_stage_for_each_halving():
    """From 16 pixels on, the last feature maps have a side of 4 to 7."""
    for height, width, num_halvings in ((16, 16, 2), (28, 28, 2), (32, 96, 3), (64, 48, 3)):
        layers = residual.encoder((height, width, 1), 4, width=1 / 64).layers
        strides = [layer.strides for layer in layers if isinstance(layer, keras.layers.Conv2D)]
        assert strides == [(1, 1), *[(2, 2)] * num_halvings]
        last = next(layer for layer in layers if isinstance(layer, keras.layers.Flatten))
        assert last.input.shape[1:3] == (height >> num_halvings, width >> num_halvings)


def test_no_network_has_noise():
    """Compares two passes in training mode: Algorithm 1 has no noise in any layer."""
    images = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 1)).astype("float32")
    for parts in NETWORKS.values():
        encoder = parts.encoder((16, 16, 1), 4, width=1 / 64)
        np.testing.assert_array_equal(
            encoder(images, training=True), encoder(images, training=True)
        )
