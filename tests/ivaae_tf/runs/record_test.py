import dataclasses
import json

import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import SettingsError
from tests.written_runs import record_of


def test_a_record_survives_its_file(tmp_path):
    record = record_of(seed=3, lr_decay_epochs=(7,), lr_decay_factors=(0.5,))
    record.write(tmp_path / "run.json")
    assert RunRecord.read(tmp_path / "run.json") == record


@pytest.mark.parametrize(
    ("change", "before", "now"),
    [
        ({"seed": 1}, "0", "1"),
        ({"width": 0.5}, "1.0", "0.5"),
        ({"jit_compile": True}, "False", "True"),
        ({"lr_decay_epochs": (1,)}, r"\[100, 200\]", r"\[1\]"),
    ],
)
def test_another_setting_is_not_the_same_run(change, before, now, tmp_path):
    earlier, (name,) = record_of(), change
    with pytest.raises(UserError, match=f"--{name}: .* has {before}, this command {now};"):
        record_of(**change).check_continues(earlier, tmp_path)
    record_of().check_continues(earlier, tmp_path)


def test_other_data_are_not_the_same_run(tmp_path):
    record = record_of()
    changed = dataclasses.replace(record, data={**record.data, "fingerprint": "4567"})
    with pytest.raises(UserError, match="--dataset: the images of 'mnist' have changed"):
        changed.check_continues(record, tmp_path)


@pytest.mark.parametrize(
    "uses",
    [
        {"num_categories": 2, "num_bridges": 2},
        {"conditional": True},
        {"prior": "mixture", "prior_by_label": True},
    ],
)
def test_other_labels_are_not_the_same_run_if_it_uses_them(uses, tmp_path):
    record = record_of(**uses)
    changed = dataclasses.replace(record, data={**record.data, "label": "attributes/Smiling"})
    with pytest.raises(UserError, match=r"--label: .* has None"):
        changed.check_continues(record, tmp_path)
    clusters = {"settings": record_of(num_categories=2, num_bridges=2, num_labels=0).settings}
    of_clusters = [dataclasses.replace(each, **clusters) for each in (changed, record)]
    of_clusters[0].check_continues(of_clusters[1], tmp_path)


def test_a_setting_that_was_not_recorded_may_have_any_value(tmp_path):
    path = tmp_path / "run.json"
    record_of().write(path)
    stored = json.loads(path.read_text())
    del stored["settings"]["jit_compile"]
    path.write_text(json.dumps(stored))
    earlier = RunRecord.read(path)
    assert earlier.unrecorded == {"jit_compile"}
    record_of(jit_compile=True).check_continues(earlier, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not the --workdir of a training run"),
        ("{", "not the --workdir of a training run"),
        ("[]", "not the --workdir of a training run"),
        ('{"settings": {}}', "not the --workdir of a training run"),
        ('{"settings": {"hue": 1}}', "run.json is of another version .*hue"),
        ("", "run.json is damaged: it is empty"),
        (b"\xff\xfe", "run.json is damaged: .*can't decode"),
        ("[" * 100_000, "run.json is damaged: it is nested too deeply"),
    ],
)
def test_what_is_not_a_record_is_refused_in_one_line(text, message, tmp_path):
    path = tmp_path / "run.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=message) as refusal:
        RunRecord.read(path)
    assert str(tmp_path) in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_value_that_only_training_needs_may_be_outside_of_its_range(tmp_path):
    path = tmp_path / "run.json"
    record = record_of(learning_rate_discriminator=0.0, lr_decay_factors=(0.0, 1.0))
    record.write(path)
    assert RunRecord.read(path).settings == record.settings
    with pytest.raises(SettingsError, match="learning_rate_discriminator must be"):
        RunRecord.read(path).settings.check()


@pytest.mark.parametrize(
    ("part", "name", "value", "message"),
    [
        ("settings", "width", "wide", "Expected `float`, got `str` - at `\\$.settings.width`"),
        ("settings", "batch_size", 6.5, "Expected `int`, got `float`"),
        ("settings", "method", {}, "method must be one of"),
        ("settings", "width", -1, "width must be"),
        ("settings", "lr_decay_epochs", ["a"], "Expected `int`, got `str`"),
        ("data", "num_images", {"train": -1, "validation": 1}, "Expected `int` >= 0"),
        ("data", "fingerprint", None, "Expected `str`, got `null`"),
        ("parameters", "encoder", "many", "Expected `int`, got `str`"),
    ],
)
def test_a_value_of_another_type_is_named(part, name, value, message, tmp_path):
    path = tmp_path / "run.json"
    record_of().write(path)
    stored = json.loads(path.read_text())
    stored[part][name] = value
    path.write_text(json.dumps(stored))
    with pytest.raises(UserError, match=message):
        RunRecord.read(path)
