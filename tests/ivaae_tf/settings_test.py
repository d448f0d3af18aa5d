"""Settings: their defaults, their way to disk and back, and what is made from them."""

import dataclasses
import json
import re

import numpy as np
import pytest
from absl import flags

from ivaae_tf.commands import train
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.program.errors import UserError
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.setting_fields import whole_batches
from ivaae_tf.settings import Settings, SettingsError

FIELDS = dataclasses.fields(Settings)
train.COMMAND.declare()


@pytest.mark.parametrize(
    ("method", "num_bridges", "latent_weight", "bandwidth_scale"),
    [
        ("ivaae_radial", 4, 2 / 5, None),  # μ₂ = 2/(t+1)
        ("ivaae_svgd", 4, 2 / 5, 100.0),
        ("aae", 1, 1.0, None),
        ("wae_gan", 1, 1.0, None),
        ("wae_mmd", 1, 100.0, None),
    ],
)
def test_the_defaults_of_a_method(method, num_bridges, latent_weight, bandwidth_scale):
    settings = Settings(method=method)
    assert settings.num_bridges == num_bridges
    assert settings.latent_weight == latent_weight
    assert settings.bandwidth_scale == bandwidth_scale
    assert Settings(**vars(settings)) == settings


def test_what_is_given_is_kept():
    given = {"num_bridges": 2, "latent_weight": 0.0, "bandwidth_scale": 3.0}
    settings = Settings(method="ivaae_svgd", **given)
    assert {name: getattr(settings, name) for name in given} == given
    assert Settings(num_bridges=9).latent_weight == pytest.approx(0.2)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_setting_is_a_flag_with_the_same_default(field):
    default = flags.FLAGS[field.name].default
    assert (tuple(default) if isinstance(default, list) else default) == field.default


def test_a_record_gives_the_settings_back():
    settings = Settings(
        method="ivaae_svgd", lr_decay_epochs=(3, 5), lr_decay_factors=(0.5, 0.1), width=0.1
    )
    assert Settings.from_record(json.loads(json.dumps(settings.to_record()))) == settings


def test_a_setting_that_an_older_record_lacks_has_its_default():
    recorded = Settings(width=0.5).to_record()
    del recorded["jit_compile"]
    assert Settings.from_record(recorded) == Settings(width=0.5)


def test_a_setting_or_a_method_of_a_newer_version_is_named():
    with pytest.raises(SettingsError, match="unknown settings: hue"):
        Settings.from_record({"hue": "blue"})
    with pytest.raises(SettingsError, match=r"method must be one of .* Received: 'diffusion'"):
        Settings.from_record({"method": "diffusion"})


def test_text_becomes_what_its_field_holds():
    texts = {
        "method": "aae",
        "latent_dim": "3",
        "num_bridges": "1",
        "width": "0.5",
        "latent_weight": "1e-1",
        "jit_compile": "true",
        "lr_decay_epochs": "30,50",
        "lr_decay_factors": "",
        "epochs": "3",  # a flag that is not a setting
    }
    assert Settings.from_text(texts) == Settings(
        method="aae",
        latent_dim=3,
        num_bridges=1,
        width=0.5,
        latent_weight=0.1,
        jit_compile=True,
        lr_decay_epochs=(30, 50),
        lr_decay_factors=(),
    )


def test_an_error_is_one_for_users_and_for_python():
    assert issubclass(SettingsError, UserError) and issubclass(SettingsError, ValueError)


def test_an_epoch_is_made_of_whole_batches():
    assert whole_batches(1500, 64) == 23
    with pytest.raises(SettingsError, match=r"--batch_size must be at most the 63 .*; found 64"):
        whole_batches(63, 64)


def test_the_learning_rates_decay_at_their_epochs():
    settings = Settings(
        learning_rate_decoder=0.1, lr_decay_epochs=(2, 3), lr_decay_factors=(0.5, 0.1)
    )
    optimizers = make_optimizers(settings, steps_per_epoch=10)
    assert set(optimizers) == {f"{n}_optimizer" for n in ("encoder", "decoder", "discriminator")}
    schedule = optimizers["decoder_optimizer"]._learning_rate
    rates = [float(schedule(step)) for step in (0, 19, 20, 29, 30)]
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.05, 0.05, 0.005], rtol=1e-6)
    with pytest.raises(SettingsError, match="lr_decay_epochs and lr_decay_factors must be equally"):
        make_optimizers(dataclasses.replace(settings, lr_decay_epochs=(2,)), 10)


@pytest.mark.parametrize("kind", [Settings, SecondStageSettings])
def test_each_number_has_finite_bounds_that_hold_in_python_too(kind):
    for field in dataclasses.fields(kind):
        if not {"int", "float"} & set(re.findall(r"\w+", str(field.type))):
            continue
        allowed = field.metadata["allowed"]
        assert np.isfinite([allowed.low, allowed.high]).all()
        several = isinstance(field.default, tuple)
        for value in (float("nan"), float("inf"), allowed.high + 1, allowed.low - 1):
            settings = kind(**{field.name: (value,) if several else value})
            with pytest.raises(SettingsError, match=f"{field.name} must be .*Received: "):
                settings.check()


@pytest.mark.parametrize(
    ("text", "size"), [("64", 64), ("96,64", (96, 64)), ("64,64", 64), (" 16, 24", (16, 24))]
)
def test_an_image_size_is_a_side_or_height_and_width(text, size):
    assert train.FLAGS["image_size"].parser.parse(text) == size
    settings = Settings.from_text({"image_size": text})
    settings.check()
    assert Settings.from_record(json.loads(json.dumps(settings.to_record()))) == settings
    assert type(settings.to_record()["image_size"]) is (int if isinstance(size, int) else list)


@pytest.mark.parametrize("text", ["", "7", "64,", "64,7", "64,64,64", "64x64", "1e2", "64.0"])
def test_another_image_size_is_refused(text):
    flag = train.FLAGS["image_size"]
    with pytest.raises(ValueError, match="an integer between 8 and 1,024, or two of them"):
        flag.parser.parse(text)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"image_size": (64, 64, 64)}, r"or two of them: height,width. Received: \(64, 64, 64\)"),
        ({"image_size": (64, 4)}, r"image_size must be an integer between 8 .*: \(64, 4\)"),
        ({"image_size": (96, 40), "network": "convolutional"}, "multiple of 16 .*: 96×40"),
        ({"image_size": (96, 72), "network": "residual"}, "multiple of 16 .*: 96×72"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(options, problem):
    with pytest.raises(SettingsError, match=problem):
        Settings(**options).check()


def test_rates_do_not_decay_to_nothing():
    decay = {"lr_decay_epochs": (1, 2), "lr_decay_factors": (1e-6, 1e-6)}
    with pytest.raises(SettingsError, match="change 5e-05 to 5e-17"):
        Settings(**decay).check()
    with pytest.raises(SettingsError, match=r"change 0\.0001 to 1e-16"):
        SecondStageSettings(**decay).check()


def test_a_record_with_a_value_outside_of_its_range_is_still_read():
    recorded = Settings(learning_rate_discriminator=0.0).to_record()
    assert Settings.from_record(recorded).learning_rate_discriminator == 0


def test_a_single_training_image_is_no_batch():
    with pytest.raises(SettingsError, match=r"at least 2 images; found 1 training image"):
        whole_batches(1, 2)
    assert whole_batches(2, 2) == 1
