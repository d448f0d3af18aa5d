"""`ivaae outliers`, from images to its table, its picture and the export's `score`."""

import csv
import os
import shutil

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from PIL import Image

from ivaae_tf.runs.directory import RunDirectory
from tests.mains import run


@pytest.fixture(scope="module")
def evaluated_folder(tmp_path_factory):
    """Digits-like blobs that are normal, noise that is not, and a file that is not an image."""
    folder = tmp_path_factory.mktemp("evaluated")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:16, :16] - 7.5
    for index in range(12):
        blob = 255 * np.exp(-(x**2 + (y * rng.uniform(0.3, 1)) ** 2) / 8)
        _save(folder / "blobs" / f"{index}.png", blob.astype(np.uint8))
        _save(folder / "noise" / f"{index}.png", rng.integers(0, 256, (16, 16), dtype=np.uint8))
    (folder / "note.txt").write_text("no image")
    odd = os.fsdecode(b"latin\xe9.png")
    shutil.copyfile(folder / "blobs" / "0.png", folder / "blobs" / odd)
    return folder


def _read(folder, row):
    return Image.open(os.fsencode(folder / row["file"]).replace(rb"\xe9", b"\xe9"))


def _save(path, pixels):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def workdir(finished_run, tmp_path_factory):
    copy = tmp_path_factory.mktemp("outliers") / "run"
    shutil.copytree(finished_run, copy)
    return copy


@pytest.fixture(scope="module")
def result(workdir, evaluated_folder, data_dir, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    finished = run(
        "outliers",
        *(f"--workdir={workdir}", f"--image_folder={evaluated_folder}", f"--out={out}"),
        *("--normal=blobs", "--false_alarm_rate=0.05", "--num_worst=5", f"--data_dir={data_dir}"),
    )
    assert finished.returncode == 0, finished.stderr
    with (out / "outliers.csv").open() as file:
        return out, list(csv.DictReader(file)), finished.stdout


def test_costs_are_those_of_the_model(result, workdir, evaluated_folder):
    _, rows, _ = result
    model = RunDirectory(workdir).load_best()
    mixture = np.load(workdir / "gaussian_mixture.npz")
    for row in rows:
        x = np.asarray(_read(evaluated_folder, row), np.float64) / 127.5 - 1
        images = tf.constant(x[np.newaxis, ..., np.newaxis], tf.float32)
        sse = np.sum((np.asarray(model(images), np.float64)[0, ..., 0] - x) ** 2)
        np.testing.assert_allclose(float(row["reconstruction_sse"]), sse, rtol=1e-4)
        density = sum(
            weight * scipy.stats.multivariate_normal(mean, covariance).pdf(model.encode(images)[0])
            for weight, mean, covariance in zip(
                mixture["weights"], mixture["means"], mixture["covariances"], strict=True
            )
        )
        if density > 1e-300:
            np.testing.assert_allclose(float(row["latent_energy"]), -np.log(density), rtol=1e-3)


def test_the_worst_come_first(result):
    out, rows, printed = result
    assert len(rows) == 25
    costs = [float(row["reconstruction_sse"]) for row in rows]
    assert costs == sorted(costs, reverse=True)
    assert {row["kind"] for row in rows} == {"blobs", "noise"}
    p = np.array([float(row["p_value"]) for row in rows])
    assert (np.diff(p) >= 0).all()
    flagged = np.array([row["is_outlier"] == "1" for row in rows])
    np.testing.assert_array_equal(flagged, p <= 0.05)
    assert f"{flagged.sum()} of 25 images cost more than" in printed
    assert "1 file(s) cannot be read, such as note.txt: not a JPEG" in printed
    # Four triples in a row, with gaps of 4 pixels.
    assert Image.open(out / "worst.png").size == (4 * (3 * 16 + 4) + 4, 2 * (16 + 4) + 4)


def test_detection_is_measured_against_the_subfolders(result):
    out, rows, printed = result
    wins = [
        float(a["reconstruction_sse"]) > float(b["reconstruction_sse"])
        for a in rows
        for b in rows
        if a["kind"] == "noise" and b["kind"] == "blobs"
    ]
    with (out / "detection.csv").open() as file:
        scores = {row["score"]: row for row in csv.DictReader(file)}
    np.testing.assert_allclose(float(scores["auroc_reconstruction"]["value"]), np.mean(wins))
    assert scores["average_precision_latent"]["num_outliers"] == "12"
    assert "auroc_reconstruction" in printed
    assert "auroc_combined" in printed


def test_both_costs_together_have_a_p_value(result, workdir):
    """Fisher's sum, compared with the sums of the held-out images, each against the others."""
    _, rows, _ = result
    with np.load(workdir / "calibration.npz") as stored:
        n = len(stored["reconstruction_sse"])
    sums = np.array(
        [-np.log(float(row["p_value"])) - np.log(float(row["latent_p_value"])) for row in rows]
    )
    p = np.array([float(row["combined_p_value"]) for row in rows])
    np.testing.assert_allclose(p * (n + 1), np.round(p * (n + 1)), atol=1e-3)
    order = np.argsort(sums)
    assert (np.diff(p[order]) <= 1e-9).all()  # the higher the sum, the lower the p-value
    both_lowest = np.isclose(sums, 2 * np.log(n + 1), atol=1e-4)
    assert both_lowest.any()
    np.testing.assert_allclose(p[both_lowest], 1 / (n + 1), rtol=1e-4)


def test_the_export_scores_images_likewise(result, workdir, evaluated_folder, tmp_path):
    _, rows, _ = result
    finished = run("export", f"--workdir={workdir}", f"--out={tmp_path / 'model'}")
    assert finished.returncode == 0, finished.stderr
    score = tf.saved_model.load(str(tmp_path / "model")).signatures["score"]
    pixels = [np.asarray(_read(evaluated_folder, row))[..., np.newaxis] for row in rows]
    found = score(images=tf.constant(np.stack(pixels)))
    for name in ("reconstruction_sse", "latent_energy", "p_value"):
        np.testing.assert_allclose(found[name], [float(row[name]) for row in rows], rtol=1e-4)
    assert "`p_value`" in (tmp_path / "model" / "README.md").read_text()


def test_a_split_can_be_evaluated(workdir, data_dir, tmp_path):
    finished = run(
        "outliers",
        *(f"--workdir={workdir}", "--split=validation", f"--out={tmp_path}"),
        *("--normal=0", "--normal=1", "--false_alarm_rate=0.1", f"--data_dir={data_dir}"),
    )
    assert finished.returncode == 0, finished.stderr
    with (tmp_path / "outliers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == set("0123456789")
    # Ranks of the held-out images among themselves.
    p = sorted(float(row["p_value"]) for row in rows)
    np.testing.assert_allclose(p, np.arange(1, len(rows) + 1) / len(rows), rtol=1e-6)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), "give one of --image_folder, --array and --split"),
        (("--split=train", "--image_folder=."), "give one of --image_folder, --array and --split"),
        (("--split=validation", "--normal=11"), "--normal: found no images of 11; expected 0"),
        (
            ("--split=validation", *(f"--normal={digit}" for digit in range(10))),
            "all images are normal",
        ),
        (("--split=validation", "--false_alarm_rate=1e-5"), "--false_alarm_rate must be at least"),
    ],
)
def test_what_cannot_work_is_one_line(flags, expected, workdir, data_dir, tmp_path, one_line_error):
    out = f"--out={tmp_path / 'out'}"
    finished = run("outliers", f"--workdir={workdir}", out, f"--data_dir={data_dir}", *flags)
    assert expected in one_line_error(finished)
    assert not (tmp_path / "out").exists()
