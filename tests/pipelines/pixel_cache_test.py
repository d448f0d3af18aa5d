import os
import shutil
import types

import numpy as np
import psutil
import pytest
import tensorflow as tf

from ivaae_tf.program.digests import digest_path
from ivaae_tf.program.errors import UserError
from pipelines import pixel_cache
from pipelines.workers import memory

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)


def cached(folder, pixels=PIXELS, key="key"):
    dataset = tf.data.Dataset.from_tensor_slices(pixels)
    return pixel_cache.on_disk(dataset, folder, key, num_images=len(pixels), shape=(4, 4, 3))


def files(folder):
    return list(folder.glob("*.uint8"))


def test_it_yields_the_same_images_in_the_same_order(tmp_path):
    images = cached(tmp_path / "cache")
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, PIXELS)


def test_a_file_that_is_there_is_read(tmp_path):
    cached(tmp_path)
    np.testing.assert_array_equal(cached(tmp_path, 255 - PIXELS), PIXELS)


def test_other_images_have_another_file(tmp_path):
    cached(tmp_path)
    np.testing.assert_array_equal(cached(tmp_path, 255 - PIXELS, key="x"), 255 - PIXELS)
    assert len(files(tmp_path)) == 2


def replace_by_folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:100]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes((255 - PIXELS).tobytes()),
        replace_by_folder,
        lambda file: digest_path(file).unlink(),  # as an older version left it
        lambda file: digest_path(file).write_bytes(b"\xff"),
        lambda file: replace_by_folder(digest_path(file)),
    ],
)
def test_what_is_damaged_is_said_and_written_again(damage, tmp_path, capsys):
    cached(tmp_path)
    (file,) = files(tmp_path)
    damage(file)
    np.testing.assert_array_equal(cached(tmp_path), PIXELS)
    assert f"{file}" in capsys.readouterr().err
    np.testing.assert_array_equal(cached(tmp_path, 255 - PIXELS), PIXELS)  # is read again


def test_a_write_that_fails_leaves_nothing(tmp_path):
    def failing():
        yield PIXELS[0]
        raise ValueError("a record is broken")

    spec = tf.TensorSpec((4, 4, 3), tf.uint8)
    broken = tf.data.Dataset.from_generator(failing, output_signature=spec)
    with pytest.raises(UserError, match=r"cannot be written: .*a record is broken"):
        pixel_cache.on_disk(broken, tmp_path, "key", num_images=10, shape=(4, 4, 3))
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    np.testing.assert_array_equal(cached(tmp_path), PIXELS)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"path is not a folder|in the place of a folder"):
        cached(tmp_path / "file")


def test_memory_holds_the_same_images_in_the_same_order():
    dataset = tf.data.Dataset.from_tensor_slices(PIXELS)
    images = pixel_cache.in_memory(dataset, num_images=10, shape=(4, 4, 3))
    np.testing.assert_array_equal(images, PIXELS)


@pytest.mark.parametrize(
    ("free_memory", "container_limit", "free_disk", "expected"),
    [
        (1921, None, 0, "memory"),
        (1920, None, 2000, "folder"),  # The 480 bytes are not less than a quarter.
        (10_000, 2420, 2000, "folder"),  # 1,000 are used, 500 of them reclaimable.
        (10_000, 2421, 0, "memory"),
        (10_000, "max", 0, "memory"),
        (300, None, 960, "none"),  # The 480 bytes are not less than half of the disk.
    ],
)
def test_the_choice_follows_what_is_free(
    free_memory, container_limit, free_disk, expected, tmp_path, monkeypatch
):
    if container_limit:
        (tmp_path / "memory.max").write_text(f"{container_limit}\n")
        (tmp_path / "memory.current").write_text("1000\n")
        (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 500\n")
    group = (str(tmp_path), "memory.max", "memory.current", "inactive_file")
    monkeypatch.setattr(memory, "_CONTROL_GROUPS", (group,))
    monkeypatch.setattr(
        psutil, "virtual_memory", lambda: types.SimpleNamespace(available=free_memory)
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=free_disk))
    folder = tmp_path / "new" / "pixels"
    cache, reason = pixel_cache.choose(folder, "key", num_images=10, shape=(4, 4, 3))
    assert cache == (str(folder) if expected == "folder" else expected)
    assert "MB" in reason


def test_a_file_that_is_there_is_chosen_whatever_room_there_is_left(tmp_path, monkeypatch):
    cached(tmp_path)
    nothing = types.SimpleNamespace(available=0, free=0)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: nothing)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nothing)
    images = {"num_images": 10, "shape": (4, 4, 3)}
    assert pixel_cache.choose(tmp_path, "key", **images)[0] == str(tmp_path)
    assert pixel_cache.choose(tmp_path, "of other images", **images)[0] == "none"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=0))
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # Root may write everywhere.
    cache, reason = pixel_cache.choose(tmp_path, "key", num_images=10, shape=(4, 4, 3))
    assert cache == "none"
    assert f"{tmp_path} cannot be written to" in reason
