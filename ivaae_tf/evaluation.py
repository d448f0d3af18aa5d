"""Scoring a model: which images, which network, how many."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf import samplers
from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.metrics.distribution import image_scores, latent_score
from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.extractors.classifier_training import train_classifier
from ivaae_tf.metrics.extractors.inception2015 import ARCHIVE_URL, GRAPH_FILE, Inception2015
from ivaae_tf.metrics.extractors.keras_inception import KerasInception
from ivaae_tf.metrics.features import FeatureSummary, summarise_images
from ivaae_tf.metrics.reconstruction import ReconstructionError
from ivaae_tf.metrics.reference import (
    Reference,
    load_or_compute_reference,
    reference_fingerprint,
)
from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.metrics.sharpness import Sharpness
from pipelines.datasets import ImageDataset, evaluation_batches
from pipelines.errors import UserError
from pipelines.images import unscale

EXTRACTORS = ("auto", "none", "classifier", "inception2015", "keras_inception")


def make_extractor(
    name: str,
    dataset: ImageDataset,
    image_size: int,
    cache_dir: Path,
    inception_graph: str | None = None,
) -> FeatureExtractor | None:
    """Returns the feature extractor called `name`, or None for "none".

    Args:
        name: One of `EXTRACTORS`; "auto" is "inception2015" where its graph is given, else
            "classifier" where the data have labels, else "none".
        dataset: The data; the classifier is trained on its labelled training split.
        image_size: Side of the images in pixels.
        cache_dir: Folder where the classifier is kept.
        inception_graph: Path or URL of the graph of "inception2015".

    Raises:
        UserError: If what the extractor needs is not there.
    """
    if name == "auto":
        labelled = "classifier" if dataset.num_classes else "none"
        name = "inception2015" if inception_graph else labelled
    if name == "none":
        return None
    if name == "inception2015":
        if not inception_graph:
            raise UserError(
                "--extractor=inception2015 needs --inception_graph, the path or URL of "
                f"{GRAPH_FILE}, which is in {ARCHIVE_URL}; "
                "--extractor=classifier works without it"
            )
        return Inception2015(inception_graph)
    if name == "keras_inception":
        return KerasInception()
    if not dataset.num_classes:
        raise UserError(
            f"--extractor=classifier needs labels, which {dataset.name} has not; "
            "take keras_inception or inception2015"
        )

    def labelled_images(split: str) -> tf.data.Dataset:
        batches = evaluation_batches(
            dataset, split, image_size=image_size, batch_size=100, with_labels=True
        )
        # Keras warns of data that end without having said when.
        num_images = tf.data.experimental.assert_cardinality(dataset.num_images(split))
        return batches.unbatch().apply(num_images)

    data: dict[str, Condition] = {"fingerprint": dataset.fingerprint, "image_size": image_size}
    return train_classifier(
        labelled_images("train"),
        labelled_images("validation"),
        dataset.num_classes,
        dataset.channels,
        data,
        cache_dir,
    )


class Evaluator:
    """Scores models under the same conditions, whenever it is called.

    Args:
        dataset: The data.
        image_size: Side of the images in pixels.
        extractor: Network of the Fréchet and kernel distances, precision and recall; None leaves
            those out.
        cache_dir: Folder where the reference statistics are kept.
        num_samples: New images that are scored.
        num_codes: Training images whose codes are scored, at most.
        batch_size: Images at a time.
        seed: Of the new images, and of random choices within the scores.
    """

    def __init__(
        self,
        dataset: ImageDataset,
        image_size: int,
        extractor: FeatureExtractor | None,
        cache_dir: Path,
        num_samples: int = 20_000,
        num_codes: int = 60_000,
        batch_size: int = 100,
        seed: int = 0,
    ):
        self.dataset = dataset
        self.image_size = image_size
        self.extractor = extractor
        self.cache_dir = Path(cache_dir)
        self.num_samples = num_samples
        self.num_codes = num_codes
        self.batch_size = batch_size
        self.seed = seed

    @property
    def selection_score(self) -> str:
        """The name of the score that the best checkpoint has lowest."""
        if self.extractor is None:
            return "fld"
        standard = self.extractor.comparable_with_published_fid
        return "fid" if standard else f"frechet_{self.extractor.name}"

    def scores(
        self,
        model: InterventionAutoencoder,
        code_samplers: Sequence[samplers.Sampler],
        step: int,
        codes: Iterable[np.ndarray] | None = None,
    ) -> Iterator[list[Score]]:
        """Yields the scores of a model after `step` epochs, those together that end together.

        Args:
            model: The model.
            code_samplers: Where the codes of new images come from; each is scored.
            step: Epochs the model was trained for.
            codes: What `codes` yields, where it is at hand.
        """
        conditions: dict[str, Condition] = {
            "data": self.dataset.fingerprint,
            "image_size": self.image_size,
            "crop": self.dataset.crop,
        }

        def complete(scores: Iterable[Score]) -> list[Score]:
            return [score.under(conditions, step=step) for score in scores]

        yield complete(self._latent_scores(model, codes))
        yield complete(self._reconstruction_scores(model))
        yield complete(self._data_sharpness())
        for sampler in code_samplers:
            yield complete(self._sample_scores(model, sampler))

    def codes(self, model: InterventionAutoencoder) -> Iterator[np.ndarray]:
        """Yields the codes of the first training images, in batches (n, d)."""
        encode = tf.function(model.encode, reduce_retracing=True)
        for images in self._images("train", self.num_codes, "codes"):
            yield encode(images).numpy()

    def _latent_scores(
        self, model: InterventionAutoencoder, codes: Iterable[np.ndarray] | None
    ) -> list[Score]:
        summary = FeatureSummary(model.latent_dim, seed=self.seed)
        for batch in self.codes(model) if codes is None else codes:
            summary.update(batch)
        return [latent_score(summary).under(split="train")]

    def _reconstruction_scores(self, model: InterventionAutoencoder) -> list[Score]:
        reconstruct = tf.function(lambda images: model(images, training=False))
        error = ReconstructionError()
        for images in self._images("validation", None, "reconstructions"):
            error.update(images.numpy(), reconstruct(images).numpy())
        return [score.under(split="validation") for score in error.scores()]

    def _data_sharpness(self) -> list[Score]:
        sharpness = Sharpness()
        for images in self._images("validation", None, "sharpness"):
            sharpness.update(images.numpy())
        return [sharpness.score().under(of="data", split="validation")]

    def _sample_scores(
        self, model: InterventionAutoencoder, sampler: samplers.Sampler
    ) -> list[Score]:
        sharpness = Sharpness()

        def watched() -> Iterator[np.ndarray]:
            for images in self._samples(model, sampler):
                sharpness.update(images)
                yield images

        scores = []
        if self.extractor is None:
            for _ in watched():
                pass
        else:
            reference = self._reference(self.extractor)
            generated = summarise_images(self.extractor, watched(), seed=self.seed)
            scores = image_scores(self.extractor, generated, reference, self.seed)
            scores = [score.under(reference_split="train") for score in scores]
        scores.append(sharpness.score().under(of="samples"))
        return [score.under(sampler.conditions, seed=self.seed) for score in scores]

    def _samples(
        self, model: InterventionAutoencoder, sampler: samplers.Sampler
    ) -> Iterator[np.ndarray]:
        draw = tf.function(
            lambda num_images, seed: unscale(model.decode(sampler(num_images, seed))),
            input_signature=[tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.int32)],
        )
        batches = list(samplers.batch_seeds(self.seed, self.num_samples, self.batch_size))
        for size, seed in self._progress(batches, f"samples of the {sampler.name}"):
            yield draw(size, seed).numpy()

    def _reference(self, extractor: FeatureExtractor) -> Reference:
        """Returns the features of the training images, from the cache where they are there."""
        fingerprint = reference_fingerprint(
            extractor,
            data=self.dataset.fingerprint,
            split="train",
            crop=self.dataset.crop,
            image_size=self.image_size,
            count=None,
        )
        name = f"{self.dataset.fingerprint}-{self.image_size}-{extractor.fingerprint[:16]}.npz"

        def compute() -> FeatureSummary:
            images = self._images("train", None, f"reference of {extractor.name}")
            return summarise_images(extractor, (unscale(batch).numpy() for batch in images))

        return load_or_compute_reference(self.cache_dir / name, fingerprint, compute, _warn)

    def _images(self, split: str, num_images: int | None, purpose: str) -> Iterable[tf.Tensor]:
        batches = evaluation_batches(
            self.dataset,
            split,
            image_size=self.image_size,
            batch_size=self.batch_size,
            num_images=num_images,
        )
        total = min(self.dataset.num_images(split), num_images or np.inf)
        return self._progress(batches, purpose, -(-int(total) // self.batch_size))

    def _progress(self, batches: Iterable, purpose: str, total: int | None = None) -> Iterable:
        # None shows the bar on a terminal alone.
        return tqdm(batches, desc=purpose, total=total, leave=False, disable=None)


def _warn(reason: str) -> None:
    print(f"{reason}; computed anew", file=sys.stderr)
