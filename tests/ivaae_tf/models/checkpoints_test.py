"""Tests of saving and loading checkpoints."""

import io
import json
import zipfile

import h5py
import keras
import pytest
from keras.src.optimizers.base_optimizer import BaseOptimizer

from ivaae_tf.models import checkpoints
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program.damaged_files import DamagedFileError
from ivaae_tf.program.errors import UserError
from tests.small_models import IMAGE_SHAPE, assert_equal, random_images, small_model


def test_a_save_makes_no_optimizers(tmp_path, monkeypatch):
    """Each would leave some 70 kB of memory, three for each checkpoint."""
    model, made = small_model(), []
    make = BaseOptimizer.__init__

    def counted(self, *args, **kwargs):
        made.append(self)
        make(self, *args, **kwargs)

    checkpoints.save(model, tmp_path / "first.keras")
    monkeypatch.setattr(BaseOptimizer, "__init__", counted)
    keras.optimizers.SGD()
    assert len(made) == 1  # It does count.
    checkpoints.save(model, tmp_path / "second.keras")
    assert len(made) == 1


class Doubled(keras.layers.Layer):
    """A user's layer that Keras does not know."""

    def call(self, x):
        return 2 * x


def cubed(x):
    return x**3


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.layers.Layer):
    """A user's layer whose constructor does not take what `get_config` returns."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable("tests")
class OwnModel(InterventionAutoencoder):
    """A user's model."""


def saved(path, *layers, model_class=InterventionAutoencoder):
    """Saves a model whose encoder has more layers."""
    small = small_model()
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), *layers, *small.encoder.layers])
    model = model_class(encoder, small.decoder, small.intervention, small.divergence)
    model.compile("sgd", "sgd", "sgd")
    model.save(path / "model.keras")
    return path / "model.keras", model


@pytest.mark.parametrize(
    ("layer", "name", "own"),
    [
        (Doubled(), "class Doubled", {"Doubled": Doubled}),
        (keras.layers.Activation(cubed), "function cubed", {"cubed": cubed}),
    ],
)
def test_a_class_of_the_users_own_is_named_and_can_be_given(layer, name, own, tmp_path):
    path, model = saved(tmp_path, layer)
    with pytest.raises(UserError, match=rf"needs the {name}, .*custom_objects={{") as error:
        checkpoints.load_model(path)
    assert not isinstance(error.value, DamagedFileError)
    x = random_images()
    expected = model.predict(x, verbose=0)
    assert_equal(checkpoints.load_model(path, custom_objects=own).predict(x, verbose=0), expected)
    with keras.saving.custom_object_scope(own):
        assert_equal(checkpoints.load_model(path).predict(x, verbose=0), expected)


def test_a_class_that_cannot_be_made_is_named(tmp_path):
    path, _ = saved(tmp_path, Forgetful(2))
    with pytest.raises(
        UserError, match=r"Forgetful, which Keras cannot make: Forgetful.__init__.. got an unexp"
    ):
        checkpoints.load_model(path)


def test_code_is_not_loaded(tmp_path):
    path, _ = saved(tmp_path, keras.layers.Lambda(lambda x: x))
    with pytest.raises(UserError, match=r"has a Python lambda, which is not loaded"):
        checkpoints.load_model(path)


def test_a_model_of_the_users_own_class_is_loaded(tmp_path):
    path, _ = saved(tmp_path, model_class=OwnModel)
    assert isinstance(checkpoints.load_model(path), OwnModel)


def test_another_model_is_named_and_not_called_damaged(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "other.keras")
    with pytest.raises(UserError, match=r"holds an object of 'Sequential', not of .*ivaae_tf>"):
        checkpoints.load_model(tmp_path / "other.keras")


def rewritten(path, change):
    """Changes the configuration and the weights of a file, with right checksums."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    configuration = json.loads(parts["config.json"])
    with h5py.File(io.BytesIO(parts["model.weights.h5"]), "r+") as weights:
        change(configuration["config"], weights)
        weights.flush()
        parts["model.weights.h5"] = weights.id.get_file_image()
    parts["config.json"] = json.dumps(configuration).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _several_steps(configuration, weights):
    del weights["decoder_optimizer/vars/0"]
    weights["decoder_optimizer/vars/0"] = [1, 2]


def test_a_part_or_a_step_of_another_type_is_damage(tmp_path):
    checkpoints.save(small_model(), tmp_path / "a.keras")
    rewritten(tmp_path / "a.keras", lambda configuration, _: configuration.update(encoder=None))
    with pytest.raises(DamagedFileError):
        checkpoints.load_model(tmp_path / "a.keras")
    checkpoints.save(small_model(), tmp_path / "b.keras")
    rewritten(tmp_path / "b.keras", _several_steps)
    with pytest.raises(DamagedFileError):
        checkpoints.steps_trained(tmp_path / "b.keras")
