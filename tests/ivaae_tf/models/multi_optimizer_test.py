"""Arguments of `compile`: an optimizer for each network, and no loss of Keras."""

import keras
import pytest

from ivaae_tf.models.optimizers import FusedAdam
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


def test_by_default_the_optimizers_are_those_of_the_paper():
    model = small_model()
    model.compile()
    rates = [float(getattr(model, name).learning_rate) for name in model.optimizer_names]
    assert rates == pytest.approx([5e-5, 1e-4, 1e-4], rel=1e-6)  # Section 4
    assert {getattr(model, name).beta_1 for name in model.optimizer_names} == {0.5}
    model.compile("sgd")
    assert isinstance(model.encoder_optimizer, keras.optimizers.SGD)
    assert isinstance(model.decoder_optimizer, FusedAdam)


def test_an_optimizer_of_the_whole_model_is_refused():
    with pytest.raises(ValueError, match=r"^optimizer must be None, .* encoder_optimizer, decoder"):
        small_model().compile(optimizer="adam")


def test_one_optimizer_for_several_networks_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"must be different objects"):
        small_model().compile(optimizer, keras.optimizers.Adam(), optimizer)


@pytest.mark.parametrize("option", ["loss", "metrics", "loss_weights", "weighted_metrics"])
def test_losses_of_keras_are_refused(option):
    with pytest.raises(ValueError, match=rf"^{option} must be None"):
        small_model().compile("adam", "adam", "adam", **{option: ["mse"]})
