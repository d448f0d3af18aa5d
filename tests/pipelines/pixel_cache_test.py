import numpy as np
import pytest
import tensorflow as tf

from pipelines import pixel_cache
from pipelines.errors import UserError

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)


def cached(folder, pixels=PIXELS, key="key"):
    dataset = tf.data.Dataset.from_tensor_slices(pixels)
    return pixel_cache.on_disk(dataset, folder, key, num_images=len(pixels), shape=(4, 4, 3))


def read(dataset):
    return np.stack(list(dataset.as_numpy_iterator()))


def files(folder):
    return [path for path in folder.iterdir() if path.name != ".lock"]


def test_it_yields_the_same_images_in_the_same_order(tmp_path):
    dataset = cached(tmp_path / "cache")
    assert dataset.element_spec == tf.TensorSpec((4, 4, 3), tf.uint8)
    np.testing.assert_array_equal(read(dataset), PIXELS)


def test_a_file_that_is_there_is_read(tmp_path):
    cached(tmp_path)
    np.testing.assert_array_equal(read(cached(tmp_path, 255 - PIXELS)), PIXELS)


def test_other_images_have_another_file(tmp_path):
    cached(tmp_path)
    np.testing.assert_array_equal(read(cached(tmp_path, 255 - PIXELS, key="x")), 255 - PIXELS)
    assert len(files(tmp_path)) == 2


def test_half_a_file_is_not_taken_for_whole(tmp_path):
    cached(tmp_path)
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(read(cached(tmp_path)), PIXELS)


def test_a_write_that_fails_leaves_nothing(tmp_path):
    def failing():
        yield PIXELS[0]
        raise ValueError("a record is broken")

    spec = tf.TensorSpec((4, 4, 3), tf.uint8)
    broken = tf.data.Dataset.from_generator(failing, output_signature=spec)
    with pytest.raises(UserError, match=r"cannot be written: .*a record is broken"):
        pixel_cache.on_disk(broken, tmp_path, "key", num_images=10, shape=(4, 4, 3))
    assert files(tmp_path) == []
    np.testing.assert_array_equal(read(cached(tmp_path)), PIXELS)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"a part of the path is not a folder|a file stands"):
        cached(tmp_path / "file")
