"""Records of MNIST for benchmarks: all images, a part of them, or generated digits."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
import scipy.ndimage
import sklearn.datasets
import tensorflow_datasets as tfds
from absl import flags

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.records import writing as prepared

_SIDE = 28
_NUM_IMAGES = 60_000
_TRAIN_PER_TEST = 6  # as in MNIST


@dataclasses.dataclass(frozen=True)
class DigitRecords:
    """Prepared records that the program opens as the data set "mnist".

    Attributes:
        data_dir: The folder of the records.
        num_images: Number of training images.
        description: The images in words.
    """

    data_dir: str
    num_images: int
    description: str

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags with which a command opens the records."""
        return "--dataset=mnist", f"--data_dir={self.data_dir}"

    def open(self) -> datasets.ImageDataset:
        """Returns the data set."""
        return datasets.open_dataset("mnist", data_dir=self.data_dir)


def define_flags(num_images: int) -> None:
    """Declares the flags of `from_flags`, with a default number of training images."""
    flags.DEFINE_string("data_dir", "data", "Folder of MNIST's records.")
    flags.DEFINE_string("manual_dir", None, "Folder of MNIST's four original files.")
    flags.DEFINE_integer(
        "num_images", num_images, "Training images.", lower_bound=100, upper_bound=_NUM_IMAGES
    )
    flags.DEFINE_string("work_dir", "runs/bench/work", "Folder of generated records and runs.")


def from_flags(num_images: int | None = None) -> DigitRecords:
    """Returns the records that the flags describe, and writes them if they are missing.

    MNIST is opened, or downloaded, as the program does it. If neither is possible, the images are
    digits of scikit-learn, slightly rotated and shifted, in the number and size of MNIST's.

    Args:
        num_images: Number of training images; None for --num_images.
    """
    values = flags.FLAGS
    return records(
        num_images or values.num_images, values.data_dir, values.manual_dir, Path(values.work_dir)
    )


def records(num_images: int, data_dir: str, manual_dir: str | None, work_dir: Path) -> DigitRecords:
    """Returns records of `num_images` training images; see `from_flags`."""
    try:
        whole = datasets.open_dataset("mnist", data_dir=data_dir, manual_dir=manual_dir)
    except UserError as error:
        print(f"generated digits instead of MNIST ({error})")
        whole = None
    if whole is not None and num_images == whole.num_images("train"):
        return DigitRecords(data_dir, num_images, f"{num_images:,} images of MNIST")
    kind = "made" if whole is None else "mnist"
    description = f"{num_images:,} " + (
        "generated digits instead of MNIST" if whole is None else "of the images of MNIST"
    )
    folder = work_dir / f"{kind}_{num_images}"
    _ensure(folder, num_images, whole)
    return DigitRecords(str(folder), num_images, description)


def _ensure(folder: Path, num_images: int, source: datasets.ImageDataset | None) -> None:
    """Writes records in the format of TFDS's data set "mnist", unless they exist."""
    counts = {"train": num_images, "test": num_images // _TRAIN_PER_TEST}

    def examples(split: str) -> Iterator[dict]:
        if source is None:
            yield from made_digits(counts[split], seed=len(split))
        else:
            stored = source.builder.as_dataset(split=f"{split}[:{counts[split]}]")
            yield from stored.as_numpy_iterator()

    # A data set whose examples come from these generators.
    class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        """Builder of records with the name and version of MNIST."""

        VERSION = tfds.core.Version(str(tfds.builder("mnist", data_dir=folder).version))

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(_SIDE, _SIDE, 1)),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, dl_manager):
            return {split: enumerate(examples(split)) for split in counts}

        def _generate_examples(self):
            raise NotImplementedError("The splits are generators.")

    Builder.name = "mnist"
    builder = Builder(data_dir=folder)
    prepared.ensure(Path(builder.data_dir), lambda: prepared.generate(builder, downloads=False))


def made_digits(num_images: int, seed: int) -> Iterator[dict]:
    """Yields different examples {"image": uint8 (28, 28, 1), "label": int}."""
    small = sklearn.datasets.load_digits()
    random = np.random.default_rng(seed)
    for _ in range(num_images):
        index = random.integers(len(small.target))
        levels = np.kron(small.images[index] * (255 / 16), np.ones((3, 3)))
        turned = scipy.ndimage.rotate(levels, random.uniform(-15, 15), reshape=False, order=1)
        image = np.zeros((_SIDE, _SIDE), np.uint8)
        top, left = random.integers(0, _SIDE - len(turned) + 1, 2)
        window = image[top : top + len(turned), left : left + len(turned)]
        window[:] = scipy.ndimage.gaussian_filter(turned, 0.7).clip(0, 255).round()
        yield {"image": image[..., None], "label": int(small.target[index])}
