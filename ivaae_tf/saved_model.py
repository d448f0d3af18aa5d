"""Writes a SavedModel that needs only TensorFlow.

Its images are uint8, shape (n, height, width, channels).
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.outlier_detection.costs import Detector, image_costs
from ivaae_tf.samplers import Sampler, signatures
from pipelines.images import scale, unscale


def write(
    model: InterventionAutoencoder,
    exported: Sequence[Sampler],
    folder: Path,
    detector: Detector | None = None,
) -> None:
    """Writes a SavedModel with the signatures sample, decode, encode, reconstruct and score.

    Args:
        model: A trained model.
        exported: Samplers, at least one, for the signatures that `samplers.signatures` names.
        folder: Folder to write to.
        detector: What `score` says of images beside their reconstruction cost.
    """
    images = tf.TensorSpec((None, *model.image_shape), tf.uint8, name="images")
    z = tf.TensorSpec((None, model.latent_dim), tf.float32, name="z")
    num_images = tf.TensorSpec((), tf.int32, name="num_images")
    seed = tf.TensorSpec((), tf.int32, name="seed")

    def sample_with(sampler):
        return lambda num_images, seed: {"images": unscale(model.decode(sampler(num_images, seed)))}

    def decode(z):
        return {"images": unscale(model.decode(z))}

    def encode(images):
        return {"z": model.encode(scale(images))}

    def reconstruct(images):
        return {"images": unscale(model(scale(images), training=False))}

    def score(images):
        sse, codes, _ = image_costs(model, images)
        return {"reconstruction_sse": sse, **(detector.scores(sse, codes) if detector else {})}

    # Without `archive.track(model)`, which would store D too, and all weights twice: endpoints
    # track what they use (keras#23553).
    archive = keras.export.ExportArchive()
    for name, sampler in signatures(exported).items():
        archive.add_endpoint(name, sample_with(sampler), input_signature=[num_images, seed])
    archive.add_endpoint("decode", decode, input_signature=[z])
    archive.add_endpoint("encode", encode, input_signature=[images])
    archive.add_endpoint("reconstruct", reconstruct, input_signature=[images])
    archive.add_endpoint("score", score, input_signature=[images])
    archive.write_out(str(folder), verbose=False)
