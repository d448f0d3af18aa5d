"""Opens a folder of records as a data set: locked and checked."""

import contextlib
import dataclasses
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.program.damaged_files import parsing
from ivaae_tf.program.errors import RECORD_LOCATORS, UserError
from pipelines.images import transforms
from pipelines.records import stored
from pipelines.records.image_dataset import ImageDataset, from_builder


def open_records(name: str, path: Path) -> ImageDataset:
    """Opens the records in a folder; while they are open, no other process replaces them.

    Args:
        name: The name of the data set.
        path: The folder.

    Raises:
        FileNotFoundError: If there is no such folder.
        UserError: If the folder does not hold usable records, or a corrupt one.
    """
    reading = stored.Reading(path)
    builder = stored.open_builder(path)
    with parsing(path / stored.DESCRIPTION):
        dataset = from_builder(name, builder)
    stored.check_shards(builder)
    return dataclasses.replace(dataset, reading=reading)


def with_record(problem: str) -> str:
    """Adds to a problem of reading records which record has it, and what helps.

    TensorFlow does not say which image it cannot decode. So the records that this process has open
    are read again, up to the first one that cannot be decoded.
    """
    with contextlib.suppress(UserError, OSError):  # They may be gone.
        for folder in stored.Reading.folders():
            builder = stored.open_builder(folder)
            dataset = from_builder(builder.name, builder)
            for shard in stored.shard_lengths(builder):
                if (number := _first_undecodable(dataset, shard)) is not None:
                    return f"{shard}, record {number} (counted from 0): {problem}; {stored.ADVICE}"
    return problem


def _first_undecodable(dataset: ImageDataset, shard: Path) -> int | None:
    """Returns the number of the first record of a shard without a usable image, from 0."""
    features, key = dataset.builder.info.features, dataset.image_key
    decoders = tfds.decode.PartialDecoding({key: True}, decoders={key: tfds.decode.SkipDecoding()})
    partial = decoders.extract_features(features)

    @tf.autograph.experimental.do_not_convert
    def decode(record: tf.Tensor) -> tf.Tensor:
        encoded = partial.deserialize_example(record, decoders=decoders.decoders)[key]
        return transforms.decode_and_crop(encoded, dataset.channels, dataset.crop)

    number = 0
    try:
        for _ in tf.data.TFRecordDataset(str(shard)).map(decode, tf.data.AUTOTUNE):
            number += 1
    except tf.errors.OpError:
        return number
    return None


RECORD_LOCATORS.append(with_record)
