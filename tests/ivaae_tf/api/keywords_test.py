"""Keyword arguments become what the flags give."""

from pathlib import Path

import numpy as np

from ivaae_tf.api.keywords import keywords, read
from ivaae_tf.api.options import EvaluationOptions, OutlierOptions, Plan, ScoreOptions
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.settings import Settings


def read_one(kind, **arguments):
    (made,) = read(arguments, kind)
    return made


def test_numbers_have_the_type_of_the_flag():
    plan = read_one(Plan, epochs=np.int64(3), checkpoint_every_minutes=2, profile_steps=[1, 2])
    assert plan == Plan(epochs=3, checkpoint_every_minutes=2.0, profile_steps=(1, 2))
    assert [type(each) for each in (plan.epochs, plan.checkpoint_every_minutes)] == [int, float]


def test_one_value_of_several_and_none_are_tuples():
    assert read_one(ScoreOptions, samplers="gmm").sampler == ("gmm",)
    assert read_one(ScoreOptions, sampler=None).sampler == ()


def test_paths_are_text_and_addresses_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x").mkdir()
    assert read_one(OutlierOptions, image_folder=Path("~/x")).image_folder == str(tmp_path / "x")
    address = "https://example.org/a.tgz"
    assert read_one(EvaluationOptions, inception_graph=address).inception_graph == address


def test_a_short_form_sets_both_learning_rates():
    settings = read_one(Settings, learning_rate=1e-3)
    assert settings == Settings(learning_rate_encoder=1e-3, learning_rate_decoder=1e-3)


def test_an_option_of_the_name_of_a_short_form_is_itself():
    assert read_one(SecondStageSettings, learning_rate=1e-3).learning_rate == 1e-3


def test_keywords_of_flags_make_the_same_options():
    values = {**vars(Plan(epochs=7)), "other": 1, "profile_steps": []}
    assert read_one(Plan, **keywords(values, Plan)) == Plan(epochs=7)
