"""Images of a folder with their names, beside those that records hold."""

import numpy as np
import pytest
from PIL import Image

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches
from pipelines.folder.named_images import NamedFolder
from pipelines.images import transforms

pytestmark = pytest.mark.usefixtures("one_pool")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for index, suffix in enumerate(["png", "jpg", "bmp", "webp", "png"]):
        place = folder / "album" if index % 2 else folder
        place.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (20 + index, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{index}.{suffix}")
    Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(folder / "gray.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    return folder


def test_they_are_the_images_that_training_would_get(photos, tmp_path):
    folder = NamedFolder(str(photos))
    batches = list(folder.batches(image_size=8, channels=3, crop=None, batch_size=4))
    names = [name for batch in batches for name in batch.names]
    assert names == sorted(names)
    assert set(names) == {
        *("0.png", "album/1.jpg", "2.bmp", "album/3.webp", "4.png", "gray.png"),
    }
    found = np.concatenate([batch.images for batch in batches])
    dataset = datasets.open_dataset(
        "folder", image_folder=str(photos), data_dir=str(tmp_path / "data")
    )
    trained_on = [
        transforms.unscale(batch).numpy()
        for split in ("train", "validation")
        for batch in evaluation_batches(dataset, split, image_size=8, batch_size=10)
    ]
    expected = sorted(image.tobytes() for image in np.concatenate(trained_on))
    assert sorted(image.tobytes() for image in found) == expected


def test_other_files_are_named_with_their_reason(photos):
    folder = NamedFolder(str(photos))
    assert folder.num_images == 6
    ((name, reason),) = folder.refused
    assert name == "broken.jpg"
    assert reason


def test_one_channel_can_be_asked_for(photos):
    (batch,) = NamedFolder(str(photos)).batches(image_size=8, channels=1, crop=8, batch_size=10)
    with Image.open(photos / "0.png") as image:
        expected = np.asarray(image.convert("L").crop((11, 6, 19, 14)))
    # Pillow truncates the luma, TensorFlow rounds it.
    np.testing.assert_allclose(batch.images[batch.names.index("0.png"), ..., 0], expected, atol=1)
    with Image.open(photos / "gray.png") as image:
        expected = np.asarray(image.crop((0, 0, 8, 8)))
    np.testing.assert_array_equal(batch.images[batch.names.index("gray.png"), ..., 0], expected)


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "text.txt").write_text("text")
    with pytest.raises(UserError, match=r"no usable image; text\.txt: not a JPEG"):
        NamedFolder(str(tmp_path))


def test_a_file_that_changed_is_named(photos, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes((photos / "0.png").read_bytes())
    folder = NamedFolder(str(tmp_path))
    path.write_bytes((photos / "4.png").read_bytes())
    with pytest.raises(UserError, match=r"a\.png: changed while"):
        list(folder.batches(image_size=4, channels=3, crop=None, batch_size=1))
