"""Tests of `ivaae probe` on finished runs."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.mains import Main


@pytest.fixture(scope="module")
def probe(data_dir):
    def run(out, *flags):
        shared = (f"--out={out}", f"--data_dir={data_dir}", "--num_steps=120", "--measure_every=50")
        return Main("probe", *shared, *flags).wait()

    return run


def test_two_runs_of_one_name_side_by_side(probe, finished_run, tmp_path):
    twin = tmp_path / finished_run.name
    shutil.copytree(finished_run, twin)
    out = tmp_path / "out"
    finished = probe(out, f"--workdir={finished_run}", f"--workdir={twin}")
    assert finished.returncode == 0, finished.stderr

    with (out / "probe.csv").open() as file:
        table = [list(row.values()) for row in csv.DictReader(file)]
    first, second = table[:4], table[4:]
    assert {row[0] for row in first} == {f"{finished_run.parent.name}/run"}
    assert {row[0] for row in second} == {f"{tmp_path.name}/run"}
    assert [int(row[1]) for row in first] == [0, 50, 100, 120]
    # The same encoder, seed and images give the same curve.
    assert [row[1:] for row in first] == [row[1:] for row in second]
    errors = [float(row[2]) for row in first]
    assert errors[0] > 0.7  # about nine in ten of ten digits
    assert errors[-1] < 0.5
    assert f"test error {errors[-1]:.4f} after 120 steps" in finished.stdout
    assert Image.open(out / "probe_test_error.png").size[0] > 400
    assert sorted(path.name for path in out.iterdir()) == ["probe.csv", "probe_test_error.png"]


def test_images_without_labels_are_refused(probe, train, tmp_path, one_line_error):
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), np.uint8)
    np.savez(tmp_path / "x.npz", images=images)
    array = ("--dataset=array", f"--array={tmp_path / 'x.npz'}")
    trained = train(tmp_path / "run", *array, "--epochs=1", "--batch_size=8")
    assert trained.returncode == 0, trained.stderr
    line = one_line_error(probe(tmp_path / "out", f"--workdir={tmp_path / 'run'}"))
    assert "trained on array, which has no labels" in line
    assert not (tmp_path / "out").exists()


def test_images_of_one_class_are_refused(probe, train, tmp_path, one_line_error):
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.full(40, 7))
    trained = train(
        *(tmp_path / "run", "--dataset=array", f"--array={tmp_path / 'x.npz'}", "--epochs=1"),
        *("--batch_size=8", "--evaluate_every=1", "--num_samples=8"),
    )
    assert trained.returncode == 0, trained.stderr
    line = one_line_error(probe(tmp_path / "out", f"--workdir={tmp_path / 'run'}"))
    assert "trained on array, which has labels of one class only" in line


def test_wrong_flags_are_named(probe, finished_run, tmp_path, one_line_error):
    workdir = f"--workdir={finished_run}"
    assert "--batch_size" in one_line_error(probe(tmp_path / "out", workdir, "--batch_size=2000"))
    (tmp_path / "file").write_text("")
    assert "it is not a folder" in one_line_error(probe(tmp_path / "file", workdir))
    assert "--workdir" in one_line_error(probe(tmp_path / "out", f"--workdir={tmp_path}"))
    assert not (tmp_path / "out").exists()
