"""The embedded data set: scikit-learn's handwritten digits as a TFDS builder."""

from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds

_NUM_TEST_IMAGES = 297


# mypy does not see the untyped base class, which has this keyword.
class Digits(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """1,797 real handwritten digits of 8×8 pixels: 1,500 for training, 297 for testing.

    They come with scikit-learn and need no network. Source: E. Alpaydin and C. Kaynak,
    Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
    """

    name = "digits"
    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Handwritten digits of 8×8 pixels, from scikit-learn.",
            homepage="https://doi.org/10.24432/C50P49",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1), encoding_format="png"),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        from sklearn.datasets import load_digits  # Existing records do not need it.
        from sklearn.model_selection import train_test_split

        del dl_manager  # Nothing is downloaded.
        digits = load_digits()  # Its levels are 0..16.
        images = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
        train, test = train_test_split(
            np.arange(len(images)),
            test_size=_NUM_TEST_IMAGES,
            stratify=digits.target,
            random_state=0,
        )
        return {
            "train": self._generate_examples(images, digits.target, train),
            "test": self._generate_examples(images, digits.target, test),
        }

    def _generate_examples(
        self, images: np.ndarray, labels: np.ndarray, indices: np.ndarray
    ) -> Iterator[tuple[int, dict]]:
        for index in indices.tolist():
            yield index, {"image": images[index], "label": int(labels[index])}
