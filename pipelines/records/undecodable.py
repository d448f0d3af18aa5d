"""Finds records that are as they were written, but whose images cannot be decoded."""

import contextlib
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from pipelines.images import transforms
from pipelines.records import shards, stored
from pipelines.records.image_dataset import ImageDataset, from_builder
from pipelines.records.shards import Corrupt, ShardScan


def find(dataset: ImageDataset, shard: Path, scan: ShardScan) -> ShardScan:
    """Moves the records of a scan whose images cannot be decoded to the corrupt ones."""
    features, key = dataset.builder.info.features, dataset.image_key
    decoders = tfds.decode.PartialDecoding({key: True}, decoders={key: tfds.decode.SkipDecoding()})
    partial = decoders.extract_features(features)

    def read():
        with shard.open("rb") as file:
            for start, end in scan.intact:
                file.seek(start)
                yield file.read(end - start)[12:-4]

    def number_if_decoded(number: tf.Tensor, record: tf.Tensor) -> tf.Tensor:
        encoded = partial.deserialize_example(record, decoders=decoders.decoders)[key]
        image = transforms.decode_and_crop(encoded, dataset.channels, dataset.crop)
        # It depends on the image, so that TensorFlow does not leave the decoding out.
        return number + 0 * tf.cast(tf.size(image), tf.int64)

    records = tf.data.Dataset.from_generator(read, output_signature=tf.TensorSpec((), tf.string))
    decoded = records.enumerate().map(number_if_decoded, tf.data.AUTOTUNE).ignore_errors()
    numbers = set(decoded.as_numpy_iterator())
    undecodable = [
        Corrupt(shard.name, start, "the image cannot be decoded")
        for number, (start, _) in enumerate(scan.intact)
        if number not in numbers
    ]
    intact = [part for number, part in enumerate(scan.intact) if number in numbers]
    return ShardScan(intact, sorted(scan.corrupt + undecodable, key=lambda part: part.offset))


def with_place(problem: str) -> str:
    """Returns a problem of reading a record, with the file and the byte where it was met.

    TensorFlow does not say which image it cannot decode. So the records that this process has open
    are read again, up to the first shard with such an image.
    """
    with contextlib.suppress(UserError, OSError):  # They may be gone.
        for folder in stored.Reading.folders():
            builder = stored.open_builder(folder)
            dataset = from_builder(builder.name, builder)
            for shard, length in stored.shard_lengths(builder).items():
                if corrupt := find(dataset, shard, shards.scan(shard, length)).corrupt:
                    return f"{folder}: {corrupt[0]}: {problem}"
    return problem
