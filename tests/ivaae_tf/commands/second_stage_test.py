"""The command `ivaae second_stage`, and what uses its result."""

import json
import shutil

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import ivaae_tf
from ivaae_tf.runs.directory import RunDirectory
from tests.mains import run

SMALL = ("--width=0.02", "--learning_rate=1e-3")


@pytest.fixture(scope="module")
def two_stages(finished_run, data_dir, tmp_path_factory):
    """Returns a run with a second stage of four epochs, trained in one piece."""
    workdir = tmp_path_factory.mktemp("two_stages") / "run"
    shutil.copytree(finished_run, workdir)
    finished = run("second_stage", f"--workdir={workdir}", *SMALL, "--epochs=4")
    assert finished.returncode == 0, finished.stderr
    return workdir


@pytest.mark.slow
def test_a_resumed_second_stage_ends_with_the_weights_of_one_piece(
    two_stages, finished_run, tmp_path
):
    workdir = tmp_path / "run"
    shutil.copytree(finished_run, workdir)
    for epochs in (1, 3, 4):
        flags = (f"--workdir={workdir}", *SMALL, f"--epochs={epochs}")
        assert run("second_stage", *flags).returncode == 0
    resumed, whole = (
        ivaae_tf.load_model(folder / "second_stage" / "checkpoints" / "last.keras")
        for folder in (workdir, two_stages)
    )
    for value, expected in zip(resumed.state_variables, whole.state_variables, strict=True):
        np.testing.assert_array_equal(value.numpy(), expected.numpy())
    again = run("second_stage", f"--workdir={workdir}", *SMALL, "--epochs=4")
    assert "trained for 4 epochs; for more, raise --epochs" in again.stdout


def test_it_has_its_own_curves(two_stages):
    history = json.loads((two_stages / "second_stage" / "history.json").read_text())
    assert list(history) == ["1", "2", "3", "4"]
    assert history["4"]["reconstruction_loss"] < history["1"]["reconstruction_loss"]
    logs = two_stages / "second_stage" / "logs"
    tags = set(EventAccumulator(str(logs / "epoch")).Reload().Tags()["tensors"])
    assert {"loss/reconstruction", "loss/val_reconstruction"} <= tags
    of_steps = EventAccumulator(str(logs / "step")).Reload().Tags()["tensors"]
    assert "loss/posterior" in of_steps


def test_scores_and_the_saved_model_use_it(two_stages, data_dir, tmp_path):
    flags = (f"--workdir={two_stages}", "--sampler=second_stage")
    scoring = (f"--data_dir={data_dir}", "--num_samples=100", "--extractor=none")
    assert run("evaluate", *flags, *scoring).returncode == 0
    scores = json.loads((two_stages / "scores.json").read_text())
    (sharpness,) = (
        each["conditions"]
        for each in scores
        if each["name"] == "sharpness" and each["conditions"].get("sampler") == "second_stage"
    )
    assert sharpness["num_second_stage_epochs"] == 4

    saved_model, files = tmp_path / "saved_model", tmp_path / "files"
    assert run("export", *flags, f"--out={saved_model}").returncode == 0
    sampling = ("--sampler=second_stage", "--num_images=3", f"--out_dir={files}")
    finished = run("sample", f"--saved_model={saved_model}", *sampling)
    assert finished.returncode == 0, finished.stderr
    assert len(list(files.iterdir())) == 3
    assert "`sample_second_stage`" in (saved_model / "README.md").read_text()


def test_another_model_and_other_settings_are_refused(two_stages, tmp_path, one_line_error):
    workdir = tmp_path / "run"
    shutil.copytree(two_stages, workdir)
    flags = (f"--workdir={workdir}", "--learning_rate=1e-3", "--epochs=5")
    line = one_line_error(run("second_stage", *flags, "--width=0.03"))
    assert "--width: the second stage in" in line and "has 0.02, this command 0.03" in line

    record = workdir / "second_stage" / "second_stage.json"
    facts = json.loads(record.read_text())
    record.write_text(json.dumps({**facts, "first_stage_epoch": 1}))
    line = one_line_error(run("second_stage", *flags, "--width=0.02"))
    assert "after 1 epochs, but the checkpoint has 2" in line
    export = (f"--workdir={workdir}", "--sampler=second_stage", f"--out={tmp_path / 'out'}")
    line = one_line_error(run("export", *export))
    assert "--sampler=second_stage" in line and "the checkpoint has 2" in line
    assert not (tmp_path / "out").exists()

    record.write_text("{}")
    assert "second_stage.json is damaged" in one_line_error(run("export", *export))
    anew = run("second_stage", *flags, "--width=0.03", "--overwrite")
    assert anew.returncode == 0, anew.stderr
    assert json.loads(record.read_text())["settings"]["width"] == 0.03
    epochs = json.loads((workdir / "second_stage" / "history.json").read_text())
    assert len(epochs) == 5


def test_what_is_missing_is_named(finished_run, tmp_path, one_line_error):
    line = one_line_error(run("second_stage", f"--workdir={tmp_path}"))
    assert "--workdir" in line
    many = (f"--workdir={finished_run}", "--batch_size=2000")
    line = one_line_error(run("second_stage", *many))
    assert "--batch_size must be at most the 1500 training images; found 2000" in line
    decay = (f"--workdir={finished_run}", "--lr_decay_epochs=5")
    assert "lr_decay_epochs and" in one_line_error(run("second_stage", *decay))
    out = f"--out={tmp_path / 'out'}"
    export = (f"--workdir={finished_run}", "--sampler=second_stage", out)
    assert "`ivaae second_stage` trains one" in one_line_error(run("export", *export))


def test_a_failed_start_leaves_no_second_stage(finished_run):
    assert not RunDirectory(finished_run).second_stage.record_path.exists()
