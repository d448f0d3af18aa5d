"""Opens a folder of records as a data set: locked, checked, and without its corrupt records."""

import dataclasses
from pathlib import Path

from ivaae_tf.program.damaged_files import parsing
from pipelines.records import readable_copy, stored, undecodable
from pipelines.records.image_dataset import ImageDataset, from_builder


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
    reading = stored.Reading(path)
    builder = stored.open_builder(path)
    with parsing(path / stored.DESCRIPTION):
        dataset = from_builder(name, builder)
    if on_corrupt == "stop":
        stored.refuse(stored.scan_shards(builder))
        return dataclasses.replace(dataset, reading=reading)
    return _without_corrupt(dataclasses.replace(dataset, reading=reading))


def _without_corrupt(dataset: ImageDataset) -> ImageDataset:
    """Returns the data set, or that of a copy of its readable records."""
    corrupt = stored.scan_shards(
        dataset.builder, lambda shard, scan: undecodable.find(dataset, shard, scan)
    )
    if not corrupt:
        return dataset
    path = readable_copy.make(dataset.builder, corrupt, dataset.fingerprint)
    reading = stored.Reading(path)
    readable_copy.remove_others(path)
    readable = from_builder(dataset.name, stored.open_builder(path))
    stored.refuse(stored.scan_shards(readable.builder))
    skipped = sum(
        dataset.builder.info.splits[split].num_examples - info.num_examples
        for split, info in readable.builder.info.splits.items()
    )
    print(
        f"{skipped} corrupt record(s) of {dataset.builder.data_dir} are skipped, listed in "
        f"{path / readable_copy.SKIPPED_FILE}"
    )
    return dataclasses.replace(readable, whole_fingerprint=dataset.fingerprint, reading=reading)
