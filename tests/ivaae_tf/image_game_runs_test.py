"""Runs of GAN and IVGAN: killed and resumed, scored, exported, reported; and what they refuse."""

import json
import time

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.runs.directory import RunDirectory
from tests.mains import run

FLAGS = (
    *("--latent_dim=8", "--learning_rate_decoder=2e-4", "--learning_rate_discriminator=2e-4"),
    *("--latent_weight=0.5", "--epochs=2", "--steps_per_execution=7"),
)
METHODS = ("gan", "ivgan")
STEPS_PER_EPOCH = 1500 // 64


def flags_of(method):
    # TINY has another latent weight, which a GAN does not have.
    own = {
        "gan": ("--latent_weight=0", "--learning_rate_encoder=5e-5"),
        "ivgan": ("--encoder_steps=2", "--learning_rate_encoder=5e-3"),
    }
    return (
        f"--method={method}",
        "--num_bridges=" + {"gan": "1", "ivgan": "4"}[method],
        *FLAGS,
        "--reconstruction_weight=1",
        *own[method],
    )


@pytest.fixture(scope="module", params=METHODS)
def finished(request, train, tmp_path_factory):
    """Returns the method and the folder of a run of two epochs that was never stopped."""
    workdir = tmp_path_factory.mktemp(request.param) / "run"
    done = train(workdir, *flags_of(request.param))
    assert done.returncode == 0, done.stderr
    return request.param, workdir


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bits(finished, start_training, train, tmp_path):
    method, whole = finished
    workdir = tmp_path / "run"
    running = start_training(workdir, *flags_of(method))
    checkpoint = workdir / "checkpoints" / "last.keras"
    deadline = time.monotonic() + 180
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    running.process.kill()
    running.wait()
    assert RunDirectory(workdir).load_best().steps_trained == STEPS_PER_EPOCH
    again = train(workdir, *flags_of(method))
    assert again.returncode == 0, again.stderr
    model, expected = (RunDirectory(folder).load_best() for folder in (workdir, whole))
    for value, other in zip(model.state_variables, expected.state_variables, strict=True):
        np.testing.assert_array_equal(value, other, err_msg=value.path)
    histories = [json.loads((each / "history.json").read_text()) for each in (workdir, whole)]
    assert histories[0] == histories[1]


def test_the_record_has_the_networks(finished):
    method, workdir = finished
    record = json.loads((workdir / "run.json").read_text())
    networks = {"decoder", "discriminator"}
    if method == "ivgan":
        networks |= {"encoder", "classifier"}
    assert set(record["parameters"]) == networks


def test_scores_export_and_report(finished, finished_run, data_dir, tmp_path):
    method, workdir = finished
    scored = run(
        *("evaluate", f"--workdir={workdir}", f"--data_dir={data_dir}"),
        *("--num_samples=100", "--num_codes=100"),
    )
    assert scored.returncode == 0, scored.stderr
    names = {score["name"] for score in json.loads((workdir / "scores.json").read_text())}
    assert "frechet_classifier" in names
    assert ({"fld", "reconstruction_sse"} <= names) == (method == "ivgan")
    out = tmp_path / "saved_model"
    exported = run("export", f"--workdir={workdir}", f"--out={out}")
    assert exported.returncode == 0, exported.stderr
    signatures = tf.saved_model.load(str(out)).signatures
    assert ("encode" in signatures) == (method == "ivgan")
    drawn = signatures["sample"](num_images=tf.constant(3), seed=tf.constant(0))
    decoded = signatures["decode"](z=drawn["z"])["images"]
    np.testing.assert_array_equal(drawn["images"], decoded)
    card = (out / "README.md").read_text()
    assert ("`encode`" in card) == (method == "ivgan")
    runs = (str(workdir), str(finished_run))  # beside an auto-encoder's
    reported = run("report", *runs, f"--out={tmp_path / 'report'}")
    assert reported.returncode == 0, reported.stderr
    page = (tmp_path / "report" / "index.html").read_text()
    assert "reconstructions (reconstructions.png)" not in page
    assert (workdir / "reconstructions.png").exists() == (method == "ivgan")


NEED_CODES = {
    "outliers": ("outliers", "--split=validation"),
    "second_stage": ("second_stage", "--epochs=1", "--width=0.02"),
    "probe": ("probe", "--num_steps=4", "--measure_every=2"),
    "mixture": ("evaluate", "--sampler=gmm", "--extractor=none", "--num_samples=16"),
    "classes": ("evaluate", "--per_class", "--extractor=none", "--num_samples=16"),
}
NEED_A_CHAIN = {"explore": ("explore",), "stability": ("stability",)}


def start(name, flags, workdir, data_dir, out):
    more = [] if name in ("second_stage", "evaluate") else [f"--out={out}"]
    return run(name, f"--workdir={workdir}", f"--data_dir={data_dir}", *flags, *more)


@pytest.mark.parametrize("command", NEED_CODES.values(), ids=NEED_CODES)
def test_what_needs_codes_is_for_ivgan_alone(finished, data_dir, tmp_path, one_line_error, command):
    method, workdir = finished
    name, *flags = command
    done = start(name, flags, workdir, data_dir, tmp_path / "out")
    if method == "ivgan":
        assert done.returncode == 0, done.stderr
    else:
        assert "was trained with gan, which has no encoder" in one_line_error(done)


@pytest.mark.parametrize("command", NEED_A_CHAIN.values(), ids=NEED_A_CHAIN)
def test_what_needs_a_chain_is_for_neither(finished, data_dir, tmp_path, one_line_error, command):
    method, workdir = finished
    line = one_line_error(start(*command, (), workdir, data_dir, tmp_path / "out"))
    assert ("no encoder" if method == "gan" else "which has no intervention chain") in line


def test_its_weights_are_not_those_of_an_auto_encoder(finished, train, tmp_path, one_line_error):
    _, workdir = finished
    line = one_line_error(train(tmp_path / "run", "--epochs=1", f"--init_from={workdir}"))
    assert "expected an auto-encoder" in line
