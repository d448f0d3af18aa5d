"""Arguments of `compile`: an optimizer for each network, and no loss of Keras."""

import keras
import pytest

from tests.small_models import random_images, small_model


def test_names_of_optimizers_make_one_for_each_network():
    model = small_model()
    model.compile("adam", keras.optimizers.SGD(0.1), "adam", jit_compile=False)
    assert isinstance(model.encoder_optimizer, keras.optimizers.Adam)
    assert isinstance(model.decoder_optimizer, keras.optimizers.SGD)
    assert model.encoder_optimizer is not model.discriminator_optimizer
    model.fit(random_images(), verbose=0)


@pytest.mark.parametrize("method", ["vae", "wae_mmd", "rae_l2"])
def test_a_network_that_does_not_exist_needs_no_optimizer(method, tmp_path):
    model = small_model(method)
    model.compile("adam", "adam", jit_compile=False)
    model.fit(random_images(), verbose=0)
    model.save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras").fit(random_images(), verbose=0)


def test_the_discriminator_needs_one():
    with pytest.raises(ValueError, match=r"^discriminator_optimizer must be given"):
        small_model().compile("adam", "adam")
    with pytest.raises(ValueError, match=r"^decoder_optimizer must be given"):
        small_model().compile("adam", None, "adam")


def test_one_optimizer_for_several_networks_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"must be different objects"):
        small_model().compile(optimizer, keras.optimizers.Adam(), optimizer)


@pytest.mark.parametrize("option", ["loss", "metrics", "loss_weights", "weighted_metrics"])
def test_losses_of_keras_are_refused(option):
    with pytest.raises(ValueError, match=rf"^{option} must be None"):
        small_model().compile("adam", "adam", "adam", **{option: ["mse"]})
