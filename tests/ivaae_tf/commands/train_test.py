import json
import os
import re
import shutil
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import ivaae_tf.models.checkpoints  # noqa: F401  registers the classes of a checkpoint
from ivaae_tf.runs.directory import RunDirectory

STEPS_PER_EPOCH = 1500 // 64


def load(workdir):
    return keras.saving.load_model(workdir / "checkpoints" / "last.keras")


def state(model):
    optimizers = (model.encoder_optimizer, model.decoder_optimizer, model.discriminator_optimizer)
    return [*model.variables, *(variable for each in optimizers for variable in each.variables)]


def test_a_run_leaves_its_record_history_checkpoint_and_pictures(finished_run):
    record = json.loads((finished_run / "run.json").read_text())
    assert record["settings"]["method"] == "ivaae_radial"
    assert record["settings"]["num_bridges"] == 4  # from the method
    assert record["settings"]["latent_weight"] == 1.5
    assert record["data"]["num_images"] == {"train": 1500, "validation": 297}
    assert record["data"]["fingerprint"]
    assert record["versions"]["tensorflow"]

    history = json.loads((finished_run / "history.json").read_text())
    assert list(history) == ["1", "2"]
    assert history["2"]["reconstruction_loss"] < history["1"]["reconstruction_loss"]

    assert int(load(finished_run).encoder_optimizer.iterations) == 2 * STEPS_PER_EPOCH
    samples = np.asarray(Image.open(finished_run / "samples.png"))
    assert samples.shape == (8 * 18 + 2, 8 * 18 + 2)


def test_a_killed_run_goes_on_to_the_weights_of_one_that_was_never_stopped(
    finished_run, start_training, train, tmp_path
):
    workdir = tmp_path / "run"
    flags = ("--epochs=2", "--steps_per_execution=7")  # an epoch has 23 steps
    running = start_training(workdir, *flags)
    checkpoint = workdir / "checkpoints" / "last.keras"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    running.process.kill()
    running.wait()
    assert int(load(workdir).encoder_optimizer.iterations) == STEPS_PER_EPOCH

    assert train(workdir, *flags).returncode == 0
    for variable, twin in zip(state(load(workdir)), state(load(finished_run)), strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    history, other = ((folder / "history.json").read_text() for folder in (workdir, finished_run))
    assert json.loads(history) == json.loads(other)


@pytest.mark.slow
def test_a_run_with_all_options_for_few_photos_goes_on_likewise(start_training, train, tmp_path):
    flags = (
        *("--epochs=2", "--ema_decay=0.9", "--horizontal_flip", "--gradient_clip_norm=0.5"),
        *("--fit=pad", "--method=aae", "--network=convolutional", "--width=0.01"),
    )
    undisturbed, workdir = tmp_path / "undisturbed", tmp_path / "run"
    finished = train(undisturbed, *flags)
    assert finished.returncode == 0, finished.stderr
    running = start_training(workdir, *flags, "--checkpoint_every_steps=5")
    deadline = time.monotonic() + 120
    while not list(workdir.glob("checkpoints/*.keras")) and time.monotonic() < deadline:
        time.sleep(0.01)
    running.process.kill()
    running.wait()
    assert train(workdir, *flags).returncode == 0
    resumed, expected = load(workdir), load(undisturbed)
    for variable, twin in zip(state(resumed), state(expected), strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    # The pictures are of the averaged weights.
    averaged, plain = RunDirectory(workdir).load_best(), resumed
    first = np.asarray(Image.open(workdir / "samples.png"))[2:18, 2:18] / 127.5 - 1
    noise = tf.random.stateless_normal([64, 8], [0, 0])
    np.testing.assert_allclose(averaged.decode(noise)[0, ..., 0], first, atol=0.005)
    assert not np.allclose(plain.decode(noise)[0, ..., 0], first, atol=0.005)


def test_a_dry_run_says_what_a_run_would_be_and_writes_nothing(
    finished_run, train, tmp_path, one_line_error
):
    workdir = tmp_path / "run"
    finished = train(workdir, "--epochs=300", "--dry_run")
    assert finished.returncode == 0, finished.stderr
    lines = dict(line.split("  ", 1) for line in finished.stdout.splitlines() if "  " in line)
    assert not workdir.exists()
    assert lines["steps"].strip() == "300 epochs of 23 steps, 6,900 in all"
    model = load(finished_run)
    assert f"encoder {model.encoder.count_params():,}, decoder" in lines["parameters"]
    assert "--method=ivaae_radial" in lines["settings"]
    assert "--num_bridges=4" in lines["settings"]  # from the method
    assert "1,500 training images and 297 for validation" in lines["data"]
    assert re.search(
        r"ms a step on noise, measured now on one device; .* an epoch and .* in all", lines["time"]
    )
    again = train(finished_run, "--epochs=5", "--dry_run")
    assert "at step 46" in again.stdout
    other = train(finished_run, "--epochs=5", "--dry_run", "--batch_size=32")
    assert "--batch_size: the run in" in one_line_error(other)


def test_a_run_can_begin_with_the_weights_of_another(finished_run, train, tmp_path, one_line_error):
    workdir = tmp_path / "run"
    start = f"--init_from={finished_run}"
    # So small rates leave the weights where they begin.
    rates = [f"--learning_rate_{name}=1e-12" for name in ("encoder", "decoder", "discriminator")]
    finished = train(workdir, "--epochs=1", "--seed=5", start, *rates)
    assert finished.returncode == 0, finished.stderr
    assert "step 46: encoder, decoder, divergence" in finished.stdout
    model, source = load(workdir), load(finished_run)
    assert model.steps_trained == STEPS_PER_EPOCH
    for name in ("encoder", "decoder", "divergence"):
        networks = getattr(model, name), getattr(source, name)
        for weight, expected in zip(*(each.get_weights() for each in networks), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-8)
    record = json.loads((workdir / "run.json").read_text())
    assert record["settings"]["init_from"] == str(finished_run)

    # Not a second time when the run resumes.
    again = train(workdir, "--epochs=2", "--seed=5", start, *rates)
    assert again.returncode == 0, again.stderr
    assert "starts with the weights" not in again.stdout
    other = train(workdir, "--epochs=3", "--seed=5", *rates)
    assert "--init_from: the run" in one_line_error(other)


def test_weights_that_cannot_be_taken_are_named(finished_run, train, tmp_path, one_line_error):
    for flags, expected in (
        (["--init_from=nowhere"], "--init_from=nowhere: there is neither a run nor a checkpoint"),
        (["--latent_dim=4"], "its encoder maps 16×16×1 to 8 with"),
    ):
        finished = train(tmp_path / "run", f"--init_from={finished_run}", *flags)
        assert expected in one_line_error(finished)
    # The right command can follow in the same folder.
    again = train(tmp_path / "run", f"--init_from={finished_run}", "--epochs=1")
    assert again.returncode == 0, again.stderr


def test_it_says_what_it_trains_on_and_what_may_surprise(train, tmp_path):
    workdir = tmp_path / "run"
    judged = ("--evaluate_every=1", "--extractor=none", "--num_samples=50", "--num_codes=100")
    schedule = ("--lr_decay_epochs=1,2,4", "--lr_decay_factors=.5,.5,.5")
    finished = train(workdir, "--epochs=2", *judged, *schedule)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    num_cores = len(os.sched_getaffinity(0))
    assert lines[0].startswith(f"training on CPU, {num_cores} core")
    assert "TensorFlow sees no GPU" in lines[0]
    assert sum("--lr_decay_epochs: no decay at 2, 4, because" in line for line in lines) == 1
    assert any(line.startswith("best.keras is the checkpoint with the lowest") for line in lines)

    scores = json.loads((workdir / "scores.json").read_text())
    fld = {score["epoch"]: score["value"] for score in scores if score["name"] == "fld"}
    best = keras.saving.load_model(workdir / "checkpoints" / "best.keras")
    assert best.steps_trained == STEPS_PER_EPOCH * min(fld, key=fld.get)


def test_checkpoints_of_every_few_epochs_are_kept(train, tmp_path, finished_run):
    workdir = tmp_path / "run"
    for epochs in (3, 5):  # The second command resumes the run.
        finished = train(workdir, f"--epochs={epochs}", "--keep_checkpoint_every=2")
        assert finished.returncode == 0, finished.stderr
    kept = sorted(path.name for path in (workdir / "checkpoints").glob("epoch_*"))
    assert kept == ["epoch_0002.keras", "epoch_0004.keras"]
    model = keras.saving.load_model(workdir / "checkpoints" / "epoch_0002.keras")
    for variable, twin in zip(state(model), state(load(finished_run)), strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)


def test_a_finished_run_has_nothing_to_do(finished_run, train):
    finished = train(finished_run, "--epochs=2")
    assert finished.returncode == 0
    assert "trained for 2 epochs" in finished.stdout


def test_another_setting_is_refused_by_name(finished_run, train, one_line_error):
    line = one_line_error(train(finished_run, "--epochs=3", "--latent_weight=0.7"))
    assert "--latent_weight" in line
    assert "1.5" in line
    assert "0.7" in line


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(
    train, tmp_path, one_line_error
):
    workdir = tmp_path / "run"
    explosion = ("--lr_decay_epochs=1", "--lr_decay_factors=1e4", "--posterior_weight=1e9")
    line = one_line_error(train(workdir, "--epochs=2", *explosion))
    # In the second epoch the learning rates push codes away in a few steps; gradients overflow.
    step = int(re.search(r" at step (\d+);", line)[1])
    assert STEPS_PER_EPOCH < step < 2 * STEPS_PER_EPOCH
    assert int(load(workdir).encoder_optimizer.iterations) == STEPS_PER_EPOCH


def test_weights_with_which_the_next_step_would_fail_are_not_saved(train, tmp_path, one_line_error):
    """With one step in an epoch, all logs are of the weights before it."""
    rates = [f"--learning_rate_{network}=10" for network in ("encoder", "decoder")]
    flags = (
        "--method=two_stage_vae",
        "--latent_weight=0",
        "--batch_size=1437",
        "--on_nonfinite=restore",
        *rates,
    )
    line = one_line_error(train(tmp_path / "run", "--epochs=4", *flags))
    assert (
        "a code or loss with the new weights became nan at step 1; there is no checkpoint yet"
        in line
    )
    assert not list(tmp_path.rglob("*.keras"))
    assert not list(tmp_path.rglob("code_covariance.csv"))


def test_a_damaged_checkpoint_and_one_of_another_shape_are_named(
    finished_run, train, tmp_path, one_line_error
):
    workdir = tmp_path / "damaged"
    shutil.copytree(finished_run, workdir)
    checkpoint = workdir / "checkpoints" / "last.keras"
    before = checkpoint.with_name("previous.keras")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    finished = train(workdir, "--epochs=2")  # the second again
    assert finished.returncode == 0, finished.stderr
    (line,) = [line for line in finished.stderr.splitlines() if "warning: " in line]
    assert str(checkpoint) in line and f"{before.name} has step {STEPS_PER_EPOCH}" in line
    for variable, twin in zip(state(load(workdir)), state(load(finished_run)), strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)

    workdir = tmp_path / "other"
    (workdir / "checkpoints").mkdir(parents=True)
    checkpoint = workdir / "checkpoints" / "last.keras"
    shutil.copy(finished_run / "checkpoints" / "last.keras", checkpoint)
    line = one_line_error(train(workdir, "--epochs=3", "--latent_dim=4"))
    assert str(checkpoint) in line
    assert "shape" in line


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--method=ivaae_radail",), "ivaae_radial"),
        (("--method=ivaae_blockwise", "--num_bridges=3"), "num_bridges=3"),
        (("--method=aae", "--num_bridges=4"), "num_bridges"),
        (("--lr_decay_epochs=5,4", "--lr_decay_factors=1,1"), "lr_decay_epochs must increase"),
        (("--lr_decay_epochs=5,soon",), "expected comma-separated numbers"),
        (("--batch_size=2000",), "--batch_size"),
    ],
)
def test_settings_that_cannot_work_are_named(train, tmp_path, flags, expected):
    finished = train(tmp_path / "run", *flags)
    assert finished.returncode != 0
    assert "Traceback" not in finished.stderr
    assert expected in finished.stderr
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_workdir_that_cannot_be_written_to_is_named(train, tmp_path, one_line_error):
    (tmp_path / "file").write_text("")
    assert "--workdir" in one_line_error(train(tmp_path / "file" / "run"))
