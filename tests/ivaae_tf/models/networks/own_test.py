"""Networks of the user: built, trained a step, saved and opened; and what is refused."""

import dataclasses
import subprocess
import sys

import keras
import numpy as np
import onnxruntime
import pytest

from ivaae_tf.evaluation.studies.frozen_features import last_hidden_layer
from ivaae_tf.export import onnx_model
from ivaae_tf.models import checkpoints
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import build_model
from ivaae_tf.models.networks.own import networks_named, networks_of
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import CUSTOM, SettingsError
from ivaae_tf.settings import Settings
from tests import own_networks
from tests.small_models import IMAGE_SHAPE, assert_equal, random_images

X = random_images()
SIZES = {"image_shape": IMAGE_SHAPE, "latent_dim": 4}


def built(method="ivaae_radial", **options):
    return build_model(method, **SIZES, width=0.02, seed=7, **options)


@pytest.fixture(autouse=True)
def no_classes_remain():
    """Other tests must not find the classes that a test has registered."""
    before = dict(keras.saving.get_custom_objects())
    yield
    keras.saving.get_custom_objects().clear()
    keras.saving.get_custom_objects().update(before)


@pytest.mark.parametrize("name", ["Residual", "Subclassed", "Transformer"])
def test_own_networks_are_trained_saved_and_opened(name, tmp_path):
    """As a subclass of `keras.Model`, too, which has shapes only when it is called."""
    model = built(network=getattr(own_networks, name))
    before = [variable.numpy() for variable in model.encoder.trainable_variables]
    model.compile(*["sgd"] * 3)
    model.train_step(keras.ops.convert_to_tensor(X))
    for variable, old in zip(model.encoder.trainable_variables, before, strict=True):
        assert (variable.numpy() != old).any() or "key/bias" in variable.path
    model.save(tmp_path / "model.keras")
    loaded = checkpoints.load_model(tmp_path / "model.keras")
    assert_equal([loaded.encode(X), loaded(X)], [model.encode(X), model(X)])
    assert_equal(loaded.state_variables, model.state_variables)


def test_onnx_has_the_gelu_of_keras(tmp_path):
    model = built(network=own_networks.Transformer)
    onnx_model.write(model, Settings(), tmp_path)
    (z,) = onnxruntime.InferenceSession(tmp_path / "encoder.onnx").run(None, {"images": X})
    np.testing.assert_allclose(z, model.encode(X), atol=1e-5)


def test_features_are_the_input_of_the_last_layer_or_the_codes():
    for networks, is_dense in ((own_networks.Residual, True), (own_networks.Subclassed, False)):
        encoder = built(network=networks).encoder
        features = last_hidden_layer(encoder)(X)
        codes = encoder.layers[-1](features) if is_dense else features
        np.testing.assert_allclose(codes, encoder(X), atol=1e-6)


def test_models_in_memory_are_the_networks():
    encoder = own_networks.SubclassedEncoder(8)
    model = built("vae", encoder=encoder)
    assert encoder in model.encoder.layers
    assert model.decoder.count_params() == built("vae").decoder.count_params()
    discriminator = keras.Sequential([keras.layers.Dense(2)])  # without an input shape
    assert built("aae", discriminator=discriminator).divergence.count_params() == 4 * 2 + 2


@pytest.mark.parametrize("method", ["gan", "ivgan", "wae_gan", "rae_gp"])
def test_methods_that_change_networks_accept_own_ones(method):
    assert built(method, network="tests.own_networks:Residual").sample(2, 0).shape == (2, 4, 4, 1)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("nonsense", r"^network must be one of fully_connected.*, or module:Name of your own"),
        ("custom", r"in memory when the run began"),
        ("no_such_module:Mine", r"no_such_module cannot be imported \(No module named"),
        ("tests.own_networks:Mine", r"own_networks.py has no Mine; expected an object or class"),
        (own_networks.WrongSize, r"encoder must map .* shape \(None, 4\). Received: \(None, 3\)"),
        (own_networks.TwoOutputs, r"to one tensor .* Received: \[\(None, 2\), \(None, 2\)\]$"),
        (own_networks.NoSizes, r"encoder\(\) must accept two sizes"),
        (own_networks.NoModel, r"encoder must return a keras.Model. Received: <Dense"),
        (own_networks.NoConfig, r"encoder cannot be saved: .* must override `get_config\(\)`"),
    ],
)
def test_what_does_not_fit_is_one_line(network, message):
    with pytest.raises(SettingsError, match=message) as error:
        built(network=network)
    assert "\n" not in str(error.value)


def test_other_uses_are_refused():
    encoder = own_networks.SubclassedEncoder(4)
    with pytest.raises(SettingsError, match=r"wrap.*spectral_normalization"):
        built("rae_sn", network=own_networks.Residual)
    with pytest.raises(SettingsError, match=r"^network must be None if encoder"):
        built(network="convolutional", encoder=encoder)
    model = built()
    parts = (model.decoder, model.intervention, model.divergence)
    with pytest.raises(ValueError, match=r"^encoder must have an input and an output shape: give"):
        InterventionAutoencoder(encoder, *parts)
    seen = networks_of(encoder=keras.Sequential([keras.Input((5, 4, 1)), keras.layers.Flatten()]))
    with pytest.raises(SettingsError, match=r"does not accept inputs of shape \(None, 4, 4, 1\)"):
        seen.encoder(IMAGE_SHAPE, 4)


def test_a_network_has_the_name_by_which_it_can_be_imported():
    name = "tests.own_networks:"
    assert networks_of(own_networks.Residual).name == f"{name}Residual"
    assert networks_of(own_networks.in_two).name == f"{name}in_two"
    assert networks_of(own_networks.Residual()).name == CUSTOM
    assert networks_of().name == "fully_connected"


def test_the_digest_is_of_the_text_or_of_the_configuration(tmp_path, monkeypatch):
    assert networks_of().sha256(built()) is None
    by_name = networks_named("tests.own_networks:Residual").sha256(None)
    output = subprocess.run(["sha256sum", own_networks.__file__], capture_output=True, text=True)
    assert by_name == output.stdout.split()[0]

    def digest(num_units):
        dense = keras.layers.Dense  # with other names of layers each time
        layers = [keras.layers.Flatten(), dense(num_units), dense(4)]
        networks = networks_of(encoder=keras.Sequential([keras.Input(IMAGE_SHAPE), *layers]))
        return networks.sha256(built(encoder=networks.encoder(IMAGE_SHAPE, 4)))

    assert digest(3) == digest(3) != digest(5)


def record_of(network_sha256):
    data = {"name": "digits", "fingerprint": "f", "records": "r", "num_images": {}}
    settings = Settings(network="mine:Networks")
    return RunRecord(settings, data, {}, {}, network_sha256=network_sha256)


def test_another_text_is_refused_and_can_be_allowed(tmp_path):
    earlier, later = record_of("a" * 64), record_of("b" * 64)
    with pytest.raises(UserError, match=r"networks of mine:Networks have changed since"):
        later.check_continues(earlier, tmp_path)
    later.check_continues(earlier, tmp_path, ["network_source"])
    merged = earlier.with_settings_of(later, epoch=3)
    assert merged.network_sha256 == "b" * 64
    assert [each["setting"] for each in merged.changes] == ["network_source"]


def test_a_run_is_never_opened_by_an_import(tmp_path):
    """The module is gone; its classes can be given, and a report needs none."""
    sizes = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 0.02}
    model = build_model("ivaae_radial", network=own_networks.Subclassed, **sizes)
    model.compile(*["sgd"] * 3)
    x = random_images(image_shape=(8, 8, 1))
    run = RunDirectory(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    record = record_of("a" * 64)
    settings = dataclasses.replace(record.settings, image_size=8, latent_dim=4, network="gone:Mine")
    splits = {"train": 64, "validation": 1}
    data = {**record.data, "num_images": splits, "channels": 1}
    parameters = model.parameter_counts
    dataclasses.replace(record, settings=settings, data=data, parameters=parameters).write(
        run.record_path
    )
    model.save(run.last_checkpoint_path)
    keras.saving.get_custom_objects().pop("SubclassedEncoder")
    with pytest.raises(UserError, match=r"class SubclassedEncoder.*--network=gone:Mine imports it"):
        run.load_best()
    assert "gone" not in sys.modules
    networks_named("tests.own_networks:Subclassed")
    assert_equal([run.load_best().encode(x)], [model.encode(x)])
    assert run.read_record().settings.network == "gone:Mine"
