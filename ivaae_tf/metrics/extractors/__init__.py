"""Feature extractors by name."""

import sys
from collections.abc import Callable
from pathlib import Path

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.extractors.classifier_training import classifier_of
from ivaae_tf.metrics.extractors.inception2015 import ARCHIVE_URL, GRAPH_FILE, Inception2015
from ivaae_tf.metrics.extractors.keras_inception import KerasInception
from ivaae_tf.metrics.extractors.scaled_vectors import ScaledVectors
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from pipelines.records.image_dataset import ImageDataset

Maker = Callable[[ImageDataset, ImageSize, Path, str | None, str | None], FeatureExtractor | None]


def _auto(dataset, image_size, cache_dir, inception_graph, sha256):
    if not dataset.kind.are_images:
        return ScaledVectors(dataset.kind)
    if inception_graph:
        return _inception2015(dataset, image_size, cache_dir, inception_graph, sha256)
    if dataset.has_classes:
        return _classifier(dataset, image_size, cache_dir, inception_graph, sha256)
    return None


def _classifier(dataset, image_size, cache_dir, inception_graph, sha256):
    if not dataset.has_classes:
        found = "has one class" if dataset.num_classes else "has no labels"
        raise UserError(
            f"--extractor=classifier needs labels of at least 2 classes, but {dataset.name} "
            f"{found}; use keras_inception or inception2015"
        )
    return classifier_of(dataset, dataset.num_classes, image_size, cache_dir)


def _inception2015(dataset, image_size, cache_dir, inception_graph, sha256):
    if not inception_graph:
        raise UserError(
            "--extractor=inception2015 needs --inception_graph, the path or URL of "
            f"{GRAPH_FILE}, which is in {ARCHIVE_URL}; --extractor=classifier works without it"
        )
    extractor = Inception2015(inception_graph, sha256)
    if not extractor.comparable_with_published_fid:
        print(
            f"--inception_graph={inception_graph} is not confirmed to be the published graph, so "
            f"its scores are named after {extractor.name} instead of FID. If this is the published "
            f"digest, add --inception_graph_sha256={extractor.sha256}",
            file=sys.stderr,
        )
    return extractor


# Name -> function of the data set, the size of the images, the cache folder, and the
# path or URL of the graph of "inception2015" with its confirmed digest. "auto" is "inception2015"
# if its graph is given, else "classifier" if the data have classes, else "none".
EXTRACTORS: dict[str, Maker] = {
    "auto": _auto,
    "none": lambda *_: None,
    "classifier": _classifier,
    "inception2015": _inception2015,
    "keras_inception": lambda *_: KerasInception(),
}
