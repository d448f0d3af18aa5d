"""Writes a SavedModel that needs only TensorFlow.

Images are uint8, shape (n, height, width, channels). Vectors are float32, shape (n, columns), and
are called `x` instead of `images`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import tensorflow as tf

from ivaae_tf.evaluation.class_codes import ClassCodes
from ivaae_tf.evaluation.outliers.costs import Detector, image_costs
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler, signatures
from pipelines.records.kinds import IMAGES, Kind


def write(
    model: InterventionAutoencoder,
    exported: Sequence[Sampler],
    folder: Path,
    detector: Detector | None = None,
    class_codes: ClassCodes | None = None,
    kind: Kind = IMAGES,
    of_classes: Sampler | None = None,
) -> None:
    """Writes a SavedModel with the signatures sample and decode.

    For another prior than N(0, I), it also has interpolate. With an encoder, it also has encode,
    reconstruct and score; with class codes, also edit; with a sampler of classes, also sample_class
    and labels. Of a conditional model, decode, reconstruct, score and interpolate also get
    labels.

    Args:
        model: A trained model.
        exported: Samplers, at least one, for the signatures that `samplers.signatures` names.
        folder: Folder to write to.
        detector: Computes further outputs of `score`; None for the reconstruction cost alone.
        class_codes: Mean codes of classes for `edit`, or None.
        kind: The kind of the data.
        of_classes: Sampler of the codes of each class, or None.
    """
    # Inputs of the signatures.
    images = tf.TensorSpec((None, *model.image_shape), kind.dtype, name=kind.name)
    z = tf.TensorSpec((None, model.latent_dim), tf.float32, name="z")
    num_images = tf.TensorSpec((), tf.int32, name="num_images")
    seed = tf.TensorSpec((), tf.int32, name="seed")
    labels = tf.TensorSpec((None,), tf.string, name="label")
    label_of_each = [labels] if model.is_conditional else []

    # Functions of the signatures.
    def sample_with(sampler):
        def sample(num_images, seed):
            z = sampler(num_images, seed)
            return {kind.name: kind.unscale(sampler.decode(model, z, seed)), "z": z}

        return sample

    def numbers(label):
        # "" is the last one, which is not a class: a vector of zeros.
        return None if label is None else _position([*model.labels.names, ""], label)

    def decode(z, label=None):
        return {kind.name: kind.unscale(model.decode(z, numbers(label)))}

    def interpolate(start, end, weights, label=None):
        codes = model.prior.interpolate(start, end, weights)
        z = tf.reshape(codes, [-1, model.latent_dim])
        return decode(z, None if label is None else tf.fill(tf.shape(z)[:1], label))

    def encode(images):
        return {"z": model.encode(kind.scale(images))}

    def reconstruct(images, label=None):
        _, _, reconstructions = image_costs(model, images, kind, numbers(label))
        return {kind.name: reconstructions}

    def score(images, label=None):
        sse, codes, _ = image_costs(model, images, kind, numbers(label))
        return {"reconstruction_sse": sse, **(detector.scores(sse, codes) if detector else {})}

    # Without `archive.track(model)`, which would store D too, and all weights twice: endpoints
    # track what they use (keras#23553).
    archive = keras.export.ExportArchive()
    for name, sampler in signatures(exported).items():
        archive.add_endpoint(name, sample_with(sampler), input_signature=[num_images, seed])
    archive.add_endpoint("decode", decode, input_signature=[z, *label_of_each])
    label = tf.TensorSpec((), tf.string, name="label")
    if not model.prior.is_standard_normal:
        start, end = (tf.TensorSpec(z.shape, name=name) for name in ("start", "end"))
        weights = tf.TensorSpec((None,), name="weights")
        of_all = [label] if model.is_conditional else []
        archive.add_endpoint("interpolate", interpolate, [start, end, weights, *of_all])
    if model.has_encoder:
        archive.add_endpoint("encode", encode, input_signature=[images])
        archive.add_endpoint("reconstruct", reconstruct, input_signature=[images, *label_of_each])
        archive.add_endpoint("score", score, input_signature=[images, *label_of_each])
    if of_classes:
        names = of_classes.class_names

        def sample_class(num_images, seed, label):
            sampler = of_classes.of_class(_position(names, label))
            return sample_with(sampler)(num_images, seed)

        archive.add_endpoint("sample_class", sample_class, [num_images, seed, label])
        archive.add_endpoint("labels", lambda: {"labels": tf.constant(names)}, [])
    if class_codes:
        strength = tf.TensorSpec((), tf.float32, name="strength")
        edit = _editing(model, class_codes, kind)
        archive.add_endpoint("edit", edit, input_signature=[z, label, strength])
    archive.write_out(str(folder), verbose=False)


def _position(names: Sequence[str], label: tf.Tensor) -> tf.Tensor:
    """Returns the positions of labels among names; it is an error if one is not there."""
    is_named = label[..., tf.newaxis] == tf.constant(names)
    all_are = tf.reduce_all(tf.reduce_any(is_named, axis=-1))
    tf.debugging.Assert(all_are, ["no such label:", label])
    return tf.argmax(tf.cast(is_named, tf.int32), axis=-1)


def _editing(
    model: InterventionAutoencoder, class_codes: ClassCodes, kind: Kind
) -> Callable[..., dict[str, tf.Tensor]]:
    """Returns a function that moves codes towards the images of a label."""

    def edit(z: tf.Tensor, label: tf.Tensor, strength: tf.Tensor) -> dict[str, tf.Tensor]:
        directions = tf.constant(class_codes.directions, tf.float32)
        z += strength * directions[_position(class_codes.names, label)]
        return {kind.name: kind.unscale(model.decode(z)), "z": z}

    return edit
