"""Damaged files and shared folders, met by the mains as a user starts them."""

import json
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from tests.mains import run


def test_a_run_goes_on_with_its_damaged_history_and_scores_set_aside(finished_run, train, tmp_path):
    workdir = shutil.copytree(finished_run, tmp_path / "run")
    (workdir / "history.json").write_text('{"1": ')
    (workdir / "scores.json").write_bytes(b"\xff")
    judged = ("--evaluate_every=3", "--extractor=none", "--num_samples=50", "--num_codes=50")
    finished = train(workdir, "--epochs=3", *judged)
    assert finished.returncode == 0, finished.stderr
    assert list(json.loads((workdir / "history.json").read_text())) == ["3"]
    assert {score["epoch"] for score in json.loads((workdir / "scores.json").read_text())} == {3}
    for name in ("history", "scores"):
        assert f"is now {name}.damaged-1.json" in finished.stderr
        assert (workdir / f"{name}.damaged-1.json").exists()


def test_corrupt_records_stop_a_run_until_they_are_made_again(
    finished_run, data_dir, train, tmp_path, one_line_error
):
    own = shutil.copytree(data_dir / "digits", tmp_path / "data" / "digits").parent
    shard = own / "digits" / "1.0.0" / "digits-train.tfrecord-00000-of-00001"
    content = bytearray(shard.read_bytes())
    content[1000] ^= 1
    shard.write_bytes(content)
    workdir = shutil.copytree(finished_run, tmp_path / "run")
    record = json.loads((workdir / "run.json").read_text())
    record["data"]["records"] = str(shard.parent)
    (workdir / "run.json").write_text(json.dumps(record))
    judged = (f"--workdir={workdir}", "--extractor=none", "--num_samples=50", "--num_codes=50")
    flags = (f"--data_dir={own}", "--epochs=3", "--evaluate_every=0")
    for finished in (train(workdir, *flags), run("ivaae_tf.commands.evaluate", *judged)):
        line = one_line_error(finished)
        assert f"{shard} has a corrupt record at byte " in line and "prepare --overwrite" in line
    assert run("ivaae_tf.commands.prepare", "--overwrite", f"--data_dir={own}").returncode == 0
    for finished in (train(workdir, *flags), run("ivaae_tf.commands.evaluate", *judged)):
        assert finished.returncode == 0, finished.stderr


def test_records_that_a_training_reads_are_not_replaced(
    start_training, data_dir, tmp_path, one_line_error
):
    workdir = tmp_path / "run"
    running = start_training(workdir, "--epochs=50", "--evaluate_every=0")
    deadline = time.monotonic() + 120
    while not (workdir / "run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    line = one_line_error(run("ivaae_tf.commands.prepare", f"--data_dir={data_dir}", "--overwrite"))
    assert "is being read by another process" in line
    assert running.process.is_alive()
    running.process.kill()
    running.wait()
    assert run("ivaae_tf.commands.prepare", f"--data_dir={data_dir}").returncode == 0


def test_pictures_of_a_run_inside_of_the_folder_of_images_are_not_data(train, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3))):
        Image.fromarray(pixels.astype(np.uint8)).save(photos / f"{index}.png")
    flags = (
        "--dataset=folder",
        f"--image_folder={photos}",
        f"--data_dir={photos / 'data'}",
        "--batch_size=16",
        "--evaluate_every=0",
    )
    for name, epochs in (("a", 1), ("b", 1), ("a", 1)):
        finished = train(photos / "runs" / name, *flags, f"--epochs={epochs}")
        assert finished.returncode == 0, finished.stderr
        assert "has changed" not in finished.stdout
        record = json.loads((photos / "runs" / name / "run.json").read_text())
        assert sum(record["data"]["num_images"].values()) == 40


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("saved_model.pb", b""),
        ("saved_model.pb", b"no protocol buffer"),
        ("saved_model.pb", None),
        ("variables/variables.index", b"cut"),
    ],
)
def test_a_damaged_saved_model_is_one_line(name, content, saved_model, tmp_path, one_line_error):
    folder = shutil.copytree(saved_model, tmp_path / "saved_model")
    (folder / name).unlink()
    if content is None:
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(content)
    flags = (f"--saved_model={folder}", f"--grid={tmp_path / 'grid.png'}")
    assert f"--saved_model: {folder} is" in one_line_error(run("ivaae_tf.commands.sample", *flags))
