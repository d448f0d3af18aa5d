"""Evaluates a model's codes, reconstructions and samples."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.evaluation.batches import image_batches, progress
from ivaae_tf.evaluation.categories import CategoryScorer
from ivaae_tf.evaluation.scored_model import ScoredModel
from ivaae_tf.metrics import reference
from ivaae_tf.metrics.extractors import EXTRACTORS
from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.extractors.classifier import Classifier
from ivaae_tf.metrics.features import FeatureSummary, summarize_images
from ivaae_tf.metrics.image_quality import ReconstructionError, Sharpness
from ivaae_tf.metrics.sample_scores import image_scores, prior_scores
from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler, batch_seeds
from ivaae_tf.program.atomic_files import remove_incomplete
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize, in_words
from ivaae_tf.settings import AUTO
from pipelines.records.image_dataset import ImageDataset

# The kernel distance, precision and recall need at least this many images of each set.
_FEWEST_COMPARED = 4


class Evaluator:
    """Evaluates models under the same conditions at each call.

    Args:
        dataset: The data.
        image_size: Side of the images in pixels, or (height, width).
        extractor: Network of the Fréchet and kernel distances, precision and recall; None leaves
            these scores out.
        cache_dir: Cache folder for results that depend on the data alone, not on a model.
        num_samples: Number of new images to score.
        num_codes: Maximum number of training images whose codes are scored.
        batch_size: Number of images in a batch.
        seed: Seed of the new images, and of random choices within the scores.
    """

    def __init__(
        self,
        dataset: ImageDataset,
        image_size: ImageSize,
        extractor: FeatureExtractor | None,
        cache_dir: Path,
        num_samples: int = 20_000,
        num_codes: int = 60_000,
        batch_size: int = 100,
        seed: int = 0,
    ):
        self.dataset = dataset
        self.image_size = image_size
        self._size = in_words(image_size)
        self.extractor = extractor
        self.cache_dir = Path(cache_dir)
        self.num_samples = num_samples
        self.num_codes = num_codes
        self.batch_size = batch_size
        self.seed = seed

    @property
    def selection_score(self) -> str:
        """The name of the score that is lowest for the best checkpoint."""
        return "fld" if self.extractor is None else self.extractor.frechet_score

    @property
    def has_classes_of_subfolders(self) -> bool:
        """Whether the extractor is a classifier of a folder's subfolders."""
        return self.dataset.name == "folder" and isinstance(self.extractor, Classifier)

    def scores(
        self,
        model: ScoredModel,
        code_samplers: Sequence[Sampler],
        epoch: int,
        codes: Iterable[np.ndarray] | None = None,
    ) -> Iterator[list[Score]]:
        """Yields the scores of a model, in groups that are computed together.

        Args:
            model: A model of this program, or an adapter of another program's model.
            code_samplers: Samplers of the codes of new images; each is scored.
            epoch: Number of epochs that the model was trained for.
            codes: The result of `codes`, if it was computed before.
        """

        def complete(scores: Iterable[Score]) -> list[Score]:
            return [score.with_conditions(self.image_conditions, epoch=epoch) for score in scores]

        if model.has_encoder:
            yield complete(self._latent_scores(model, codes))
            yield complete(self._validation_scores(model))
        if isinstance(model, InterventionAutoencoder) and (
            model.prior.num_categories or model.labels.component_names
        ):
            yield complete(self._category_scores(model))
        for sampler in code_samplers:
            yield complete(self._sample_scores(model, sampler))

    @property
    def image_conditions(self) -> dict[str, Condition]:
        """Conditions of the images, which are recorded with every score."""
        return self.dataset.conditions(self.image_size)

    def codes(self, model: ScoredModel) -> Iterator[np.ndarray]:
        """Yields codes z ~ q(z|x) of the first training images, in batches (n, d)."""
        draw = tf.function(model.draw_codes, reduce_retracing=True, autograph=False)
        for number, images in enumerate(self.images("train", self.num_codes, "codes")):
            yield draw(images, tf.constant([self.seed, number])).numpy()

    def _latent_scores(self, model: ScoredModel, codes: Iterable[np.ndarray] | None) -> list[Score]:
        summary = FeatureSummary(model.latent_dim, seed=self.seed)
        for batch in self.codes(model) if codes is None else codes:
            summary.update(batch)
        # Codes without noise are not called draws, as in scores of earlier versions.
        conditions = {"split": "train"} | ({"codes": "draws"} if model.codes_are_random else {})
        return [score.with_conditions(conditions) for score in prior_scores(summary, model.prior)]

    def _validation_scores(self, model: ScoredModel) -> list[Score]:
        """Returns the reconstruction error, and the sharpness of images and reconstructions."""
        path = self.cache_dir / f"{self.dataset.fingerprint}-{self._size}-sharpness.json"
        conditions = {**self.image_conditions, "split": "validation"}
        has_pictures = self.dataset.kind.are_images
        of_data = reference.load_data_score(path, conditions, _warn) if has_pictures else None
        reconstruct = tf.function(lambda inputs: model(inputs, training=False), autograph=False)
        error, of_images, of_reconstructions = ReconstructionError(), Sharpness(), Sharpness()
        labeled = model.is_conditional
        for inputs in self.images("validation", None, "reconstructions", with_labels=labeled):
            images, _, _ = keras.utils.unpack_x_y_sample_weight(inputs)
            reconstructions = reconstruct(inputs).numpy()
            error.update(images.numpy(), reconstructions)
            if not has_pictures:
                continue
            of_reconstructions.update(reconstructions)
            if of_data is None:
                of_images.update(images.numpy())
        scores = error.scores()
        if has_pictures:
            if of_data is None:
                of_data = of_images.score()
                reference.save_data_score(path, conditions, of_data)
            scores.append(of_data.with_conditions(of="data"))
            scores.append(of_reconstructions.score().with_conditions(of="reconstructions"))
        return [score.with_conditions(split="validation") for score in scores]

    def _category_scores(self, model: InterventionAutoencoder) -> list[Score]:
        """Returns the scores of the categories; none without labels."""
        if self.dataset.label_key is None:
            return []
        batches = self.images("validation", None, "categories", with_labels=True)
        scores = CategoryScorer(model)(batches)
        return [score.with_conditions(split="validation") for score in scores]

    def _sample_scores(self, model: ScoredModel, sampler: Sampler) -> list[Score]:
        extractor, are_images = self.extractor, self.dataset.kind.are_images
        sharpness, scores = Sharpness(), []
        if extractor is not None:
            data = self._reference(extractor)
            features = FeatureSummary(extractor.num_features, seed=self.seed)
        elif not are_images:
            return []
        for images in self.samples(model, sampler, self.num_samples):
            if are_images:
                sharpness.update(images)
            if extractor is not None:
                features.update(extractor(images))
        if extractor is not None:
            scores = image_scores(extractor, features, data, self.seed)
            scores = [score.with_conditions(reference_split="train") for score in scores]
        if are_images:
            scores.append(sharpness.score().with_conditions(of="samples"))
        return [score.with_conditions(sampler.conditions, seed=self.seed) for score in scores]

    def samples(
        self, model: ScoredModel, sampler: Sampler, num_samples: int
    ) -> Iterator[np.ndarray]:
        """Yields new images in batches, uint8; the same images at each call."""
        unscale = self.dataset.kind.unscale
        draw = tf.function(
            lambda num_images, seed: unscale(
                sampler.decode(model, sampler(num_images, seed), seed)
            ),
            input_signature=[tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.int32)],
            autograph=False,
        )
        batches = list(batch_seeds(self.seed, num_samples, self.batch_size))
        for size, seed in progress(batches, f"samples of the {sampler.name}"):
            yield draw(size, seed).numpy()

    def _reference(self, extractor: FeatureExtractor) -> reference.Reference:
        """Returns the features of the training images, from the cache if possible."""
        conditions = reference.reference_conditions(
            extractor, {**self.image_conditions, "split": "train"}
        )
        name = f"{self.dataset.fingerprint}-{self._size}-{extractor.fingerprint[:16]}.npz"

        def compute() -> FeatureSummary:
            images = self.images("train", None, f"reference of {extractor.name}")
            unscale = self.dataset.kind.unscale
            return summarize_images(extractor, (unscale(batch).numpy() for batch in images))

        return reference.load_or_compute_reference(
            self.cache_dir / name, conditions, compute, _warn
        )

    def images(
        self, split: str, num_images: int | None, purpose: str, *, with_labels: bool = False
    ) -> Iterable[Any]:
        """Returns the first images of a split, or all, in batches; see `image_batches`."""
        size = self.batch_size
        return image_batches(
            self.dataset, split, self.image_size, purpose, num_images, size, with_labels
        )


def make_evaluator(
    dataset: ImageDataset,
    image_size: ImageSize,
    *,
    extractor: str,
    inception_graph: str | None,
    inception_graph_sha256: str | None = None,
    data_dir: str,
    num_samples: int,
    num_codes: int,
) -> Evaluator:
    """Returns an evaluator with the extractor of the given name.

    `extractor` is a name of `EXTRACTORS`, and `inception_graph` the path or URL of the graph of
    "inception2015", with its digest if the user confirms it. The folder `evaluation` in `data_dir`
    is the cache. The other arguments are passed to `Evaluator`.

    Raises:
        UserError: If data or files that the extractor needs are missing, or there are too few
            training images.
    """
    num_images = dataset.num_images("train")
    problem = None
    if num_images < _FEWEST_COMPARED:
        problem = f"at least {_FEWEST_COMPARED} training images; {dataset.name} has {num_images}"
    elif not dataset.kind.are_images:
        problem = None if extractor == AUTO else f"images; found {dataset.kind.plural}"
    elif not dataset.has_pictures:
        problem = f"images of 1 or 3 channels; {dataset.name} has {dataset.channels}"
    if problem and extractor != "none":
        if extractor != AUTO:
            raise UserError(f"--extractor={extractor} needs {problem}")
        extractor = "none"
    cache_dir = Path(data_dir) / "evaluation"
    # Writing a file removes incomplete ones too, but a complete cache is not written again.
    remove_incomplete(cache_dir)
    network = EXTRACTORS[extractor](
        dataset, image_size, cache_dir, inception_graph, inception_graph_sha256
    )
    return Evaluator(dataset, image_size, network, cache_dir, num_samples, num_codes)


def _warn(reason: str) -> None:
    print(f"{reason}; computed again", file=sys.stderr)
