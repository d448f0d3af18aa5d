"""Tests of `ivaae stability` on finished runs."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ivaae_tf.evaluation.studies.discriminator_study import reinitialize_discriminator
from ivaae_tf.runs.directory import RunDirectory
from tests.mains import Main


@pytest.fixture(scope="module")
def stability(data_dir):
    def run(out, *workdirs_and_flags):
        shared = (f"--out={out}", f"--data_dir={data_dir}", "--num_steps=25", "--measure_every=10")
        return Main("stability", *shared, *workdirs_and_flags).wait()

    return run


@pytest.fixture
def changed_run(finished_run, tmp_path):
    """Copies the finished run and changes its record."""

    def copy(group, **values):
        workdir = tmp_path / "changed"
        shutil.copytree(finished_run, workdir)
        record = json.loads((workdir / "run.json").read_text())
        record[group].update(values)
        (workdir / "run.json").write_text(json.dumps(record))
        return workdir

    return copy


def rows(out):
    with (out / "stability.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def side_by_side(stability, finished_run, aae_run, tmp_path_factory):
    """Returns the results for an adversarial auto-encoder without and with bridges."""
    out = tmp_path_factory.mktemp("stability") / "new" / "out"
    finished = stability(out, f"--workdir={aae_run}", f"--workdir={finished_run}")
    assert finished.returncode == 0, finished.stderr
    return out


def test_two_runs_side_by_side(side_by_side):
    table = rows(side_by_side)
    assert [row["run"] for row in table] == ["aae"] * 4 + ["run"] * 4
    assert [int(row["step"]) for row in table] == [0, 10, 20, 25] * 2
    assert {(row["method"], row["num_bridges"]) for row in table} == {
        ("aae", "1"),
        ("ivaae_radial", "4"),
    }
    for row in table:
        log_num_rungs = np.log(int(row["num_bridges"]) + 1)
        assert float(row["log_num_rungs"]) == pytest.approx(log_num_rungs)
        total = float(row["discriminator_cross_entropy"]) + float(row["js_estimate"])
        assert total == pytest.approx(log_num_rungs, abs=1e-5)
        assert float(row["encoder_gradient_norm"]) > 0
    cross_entropies = [float(row["discriminator_cross_entropy"]) for row in table]
    assert cross_entropies[3] < cross_entropies[0]
    assert cross_entropies[7] < cross_entropies[4]

    figures = ["discriminator_loss.png", "encoder_gradient_norm.png"]
    assert sorted(path.name for path in side_by_side.iterdir()) == [*figures, "stability.csv"]
    for name in figures:
        width, height = Image.open(side_by_side / name).size
        assert width > 2 * height  # two panels


def test_a_run_studied_alone_gives_the_same_numbers_and_stays_as_it_is(
    stability, side_by_side, finished_run, tmp_path
):
    checkpoint = finished_run / "checkpoints" / "last.keras"
    before = checkpoint.read_bytes()
    finished = stability(tmp_path, f"--workdir={finished_run}")
    assert finished.returncode == 0, finished.stderr
    assert rows(tmp_path) == rows(side_by_side)[4:]
    assert checkpoint.read_bytes() == before


def test_the_checkpoint_s_discriminator_knows_more_than_a_new_one(
    stability, side_by_side, finished_run, tmp_path
):
    finished = stability(tmp_path, f"--workdir={finished_run}", "--nofresh_discriminator")
    assert finished.returncode == 0, finished.stderr
    trained, new = (
        float(table[0]["discriminator_cross_entropy"])
        for table in (rows(tmp_path), rows(side_by_side)[4:])
    )
    assert trained < new - 0.05


def test_a_new_discriminator_is_a_function_of_the_seed_alone(finished_run):
    run = RunDirectory(finished_run)
    settings = run.read_record().settings

    def renewed(seed):
        model = run.load_best()
        reinitialize_discriminator(model, settings, steps_per_epoch=23, seed=seed)
        return model, model.divergence.discriminator.get_weights()

    model, weights = renewed(0)
    assert int(model.discriminator_optimizer.iterations) == 0
    assert float(model.discriminator_optimizer.learning_rate) == pytest.approx(1e-3)
    assert model.discriminator_optimizer.beta_1 == 0.5
    trained = run.load_best().divergence.discriminator.get_weights()
    assert (weights[0] != trained[0]).any()
    for weight, again, other in zip(weights, renewed(0)[1], renewed(1)[1], strict=True):
        np.testing.assert_array_equal(weight, again)
        assert weight.ndim == 1 or (weight != other).any()


def test_two_classes_are_told_apart_as_for_an_adversarial_auto_encoder(
    stability, side_by_side, train, aae_run, finished_run, tmp_path
):
    """AAE has its own game, except for the noise; a run with bridges is scored by it, too."""
    assert train(tmp_path / "wae_mmd", "--method=wae_mmd", "--epochs=1").returncode == 0
    runs = (aae_run, finished_run, tmp_path / "wae_mmd")
    workdirs = [f"--workdir={run}" for run in runs]
    finished = stability(tmp_path / "two", "--two_classes", *workdirs)
    assert finished.returncode == 0, finished.stderr
    table = rows(tmp_path / "two")
    own_table = rows(side_by_side)[:4]
    for row, own in zip(table[:4], own_table, strict=True):
        # Means of 8 batches of 64 codes: five standard errors are some hundredths of a nat.
        assert float(row["js_estimate"]) == pytest.approx(float(own["js_estimate"]), abs=0.05)
    assert table[0]["encoder_gradient_norm"] == own_table[0]["encoder_gradient_norm"]
    assert [row["method"] for row in table[::4]] == ["aae", "ivaae_radial", "wae_mmd"]
    assert {row["num_bridges"] for row in table} == {"1"}
    for start in (4, 8):
        cross_entropies = [float(row["discriminator_cross_entropy"]) for row in table[start:][:4]]
        assert cross_entropies[3] < cross_entropies[0]


def test_what_cannot_be_studied_is_named(
    stability, finished_run, changed_run, tmp_path, one_line_error
):
    out = tmp_path / "out"
    without = changed_run("settings", method="wae_mmd", num_bridges=1)
    line = one_line_error(stability(out, f"--workdir={finished_run}", f"--workdir={without}"))
    assert str(without) in line
    assert "wae_mmd, which has no discriminator" in line
    assert "--workdir" in one_line_error(stability(out, f"--workdir={tmp_path / 'nothing'}"))
    old = stability(out, f"--workdir={finished_run}", "--two_classes", "--nofresh_discriminator")
    assert "--two_classes" in one_line_error(old)
    twice = stability(out, f"--workdir={finished_run}", f"--workdir={finished_run}/")
    assert "given 2 times" in one_line_error(twice)
    assert not out.exists()


def test_other_images_than_the_run_s_are_refused(stability, changed_run, tmp_path, one_line_error):
    workdir = changed_run("data", fingerprint="0" * 16)
    line = one_line_error(stability(tmp_path / "out", f"--workdir={workdir}"))
    assert "'digits' differ from the training data of" in line
    assert not (tmp_path / "out").exists()


def test_a_record_of_another_version_is_refused(stability, changed_run, tmp_path, one_line_error):
    workdir = changed_run("settings", color="blue")
    line = one_line_error(stability(tmp_path / "out", f"--workdir={workdir}"))
    assert "run.json is of another version" in line
    assert "color" in line
