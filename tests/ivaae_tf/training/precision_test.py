"""Tests of the choice of the precision."""

import dataclasses
import types

import keras
import numpy as np
import pytest
from absl import flags

from ivaae_tf.commands import training_flags
from ivaae_tf.models.build import make_model
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.settings import Settings
from ivaae_tf.training import precision
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.precision import StepTimes

SETTINGS = Settings(
    image_size=16,
    batch_size=4,
    latent_dim=4,
    width=0.01,
    network="fully_connected",
)


def parsed(argument):
    values = flags.FlagValues()
    flags.DEFINE_flag(training_flags.precision_flag(), values)
    values(["train", argument])
    return values.mixed_precision


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("--mixed_precision", True),
        ("--mixed_precision=true", True),
        ("--nomixed_precision", False),
        ("--mixed_precision=auto", "auto"),
    ],
)
def test_the_flag_is_a_truth_value_or_auto(argument, value):
    assert parsed(argument) == value


def test_other_values_of_the_flag_are_refused():
    with pytest.raises(flags.IllegalFlagValueError, match="--mixed_precision=fast"):
        parsed("--mixed_precision=fast")


def test_bfloat16_must_be_faster_by_a_tenth():
    assert StepTimes(float32=0.111, bfloat16=0.1).bfloat16_is_faster
    assert not StepTimes(float32=0.109, bfloat16=0.1).bfloat16_is_faster
    assert str(StepTimes(0.02, 0.01)) == "a step takes 10.0 ms in bfloat16, 20.0 ms in float32"


@pytest.mark.parametrize("times", [StepTimes(0.3, 0.1), StepTimes(0.1, 0.3)])
def test_a_new_run_gets_what_is_faster(times, monkeypatch, tmp_path, capsys):
    timed = []
    monkeypatch.setattr(precision, "step_times", lambda *what: timed.append(what) or times)
    settings = precision.chosen(SETTINGS, (16, 16, 3), RunDirectory(tmp_path), Workers("none"))
    expected = times.float32 > times.bfloat16
    assert settings == dataclasses.replace(SETTINGS, mixed_precision=expected)
    assert timed == [(SETTINGS, (16, 16, 3))]
    assert str(times) in capsys.readouterr().out


@pytest.mark.parametrize("recorded", [True, False])
def test_an_old_run_keeps_its_precision(recorded, monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "step_times", None)
    run = RunDirectory(tmp_path)
    run.record_path.touch()
    record = types.SimpleNamespace(settings=dataclasses.replace(SETTINGS, mixed_precision=recorded))
    monkeypatch.setattr(run, "read_record", lambda: record)
    assert precision.chosen(SETTINGS, (16, 16, 1), run, Workers("none")).mixed_precision is recorded


def test_settings_are_float32_until_it_is_chosen():
    values = {**SETTINGS.to_record(), "mixed_precision": "auto"}
    assert Settings.from_flags(values).mixed_precision is False


def test_timing_changes_neither_the_policy_nor_later_weights():
    times = precision.step_times(SETTINGS, (16, 16, 1))
    assert times.float32 > 0
    assert times.bfloat16 > 0
    assert keras.config.dtype_policy().name == "float32"
    before, after = make_model(SETTINGS, (16, 16, 1)), make_model(SETTINGS, (16, 16, 1))
    for weight, other in zip(before.get_weights(), after.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_step_with_labeled_images_is_timed(monkeypatch):
    monkeypatch.setattr(precision, "_MAX_ROUNDS", 1)
    semi = dataclasses.replace(SETTINGS, num_categories=3, num_bridges=2, labeled_batch_size=8)
    workers = types.SimpleNamespace(strategy=types.SimpleNamespace(num_replicas_in_sync=2))
    shares = precision.of_one_replica(semi, workers)
    assert (shares.batch_size, shares.labeled_batch_size) == (2, 4)
    assert precision.of_one_replica(SETTINGS, workers).labeled_batch_size == 64  # not used
    assert precision.seconds_of_a_step(shares, (16, 16, 1)) > 0
