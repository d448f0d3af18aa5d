"""Opens a folder of records as a data set: locked, checked, and without its corrupt records."""

import dataclasses
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from pipelines import images, readable_copy, stored_records
from pipelines.image_dataset import ImageDataset, from_builder
from pipelines.record_shards import Corrupt, ShardScan
from pipelines.stored_files import parsing


def open_records(name: str, path: Path, on_corrupt: str = "stop") -> ImageDataset:
    """Opens the records in a folder; while they are open, no other process replaces them.

    Args:
        name: The name of the data set.
        path: The folder.
        on_corrupt: "stop", or "skip" to leave out corrupt records, with a line.

    Raises:
        FileNotFoundError: If there is no such folder.
        UserError: If the folder does not hold usable records, or a corrupt one with "stop".
    """
    reading = stored_records.Reading(path)
    builder = stored_records.open_builder(path)
    with parsing(path / stored_records.DESCRIPTION):
        dataset = from_builder(name, builder)
    if on_corrupt == "stop":
        stored_records.refuse(stored_records.scan_shards(builder))
    else:
        dataset = _without_corrupt(dataset)
    return dataclasses.replace(dataset, reading=reading)


def _without_corrupt(dataset: ImageDataset) -> ImageDataset:
    """Returns the data set, or that of a copy of its readable records."""
    corrupt = stored_records.scan_shards(
        dataset.builder, lambda shard, scan: _find_undecodable(dataset, shard, scan)
    )
    if not corrupt:
        return dataset
    path = readable_copy.make(dataset.builder, corrupt, dataset.fingerprint)
    readable = from_builder(dataset.name, stored_records.open_builder(path))
    stored_records.refuse(stored_records.scan_shards(readable.builder))
    skipped = sum(
        dataset.builder.info.splits[split].num_examples - info.num_examples
        for split, info in readable.builder.info.splits.items()
    )
    print(
        f"{skipped} corrupt record(s) of {dataset.builder.data_dir} are skipped, listed in "
        f"{path / readable_copy.SKIPPED_FILE}"
    )
    return dataclasses.replace(readable, whole_fingerprint=dataset.fingerprint)


def _find_undecodable(dataset: ImageDataset, shard: Path, scan: ShardScan) -> ShardScan:
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
        image = images.decode_and_crop(encoded, dataset.channels, dataset.crop)
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
