"""The event files of TensorBoard, cut back to a checkpoint.

TensorBoard's two loaders treat restarts differently: the fast one lets an event replace those of
its tag from its step on, the slow one obeys `SessionLog.START`, which has one step for all tags,
while here some tags count steps and others epochs. Files that store each point once need neither.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event

from pipelines.atomic import replace_when_complete

_PATTERN = "events.out.tfevents.*"
_SETTINGS = "_hparams_/"
_STEPS = "step/"  # the tags that count steps; the others count epochs


def cut_back(folder: Path, step: int, epoch: int) -> bool:
    """Removes all points after a step, or after an epoch if their tag counts epochs.

    A file is replaced as a whole or not at all, and only if it has such points.

    Args:
        folder: The folder of the event files.
        step: The last step to keep; 0 removes everything.
        epoch: The last epoch to keep.

    Returns:
        Whether the settings of the run are still there.
    """
    has_settings = False
    for path in sorted(folder.glob(_PATTERN)):
        if not step:
            path.unlink()
            continue
        kept, num_removed = [], 0
        for record in _records(path):
            event = Event.FromString(record)
            if event.step > (step if _counts_steps(event) else epoch):
                num_removed += 1
            else:
                kept.append(record)
                has_settings |= _tag(event).startswith(_SETTINGS)
        if num_removed:
            _replace(path, kept)
    return has_settings


def synchronize(folder: Path) -> None:
    """Makes what was written to the newest file survive a crash of the machine."""
    newest = max(folder.glob(_PATTERN), key=lambda path: path.stat().st_mtime_ns, default=None)
    if newest is not None:
        with newest.open("rb") as file:
            os.fsync(file.fileno())


def _records(path: Path) -> Iterator[bytes]:
    """Yields the records up to the first that is cut off or damaged, like TensorBoard."""
    try:
        yield from tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    except tf.errors.DataLossError:
        return


def _replace(path: Path, records: Sequence[bytes]) -> None:
    with replace_when_complete(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
        for record in records:
            writer.write(record)


def _tag(event: Event) -> str:
    """Returns the tag of an event's first value; all its values count in the same unit."""
    return event.summary.value[0].tag if event.summary.value else ""


def _counts_steps(event: Event) -> bool:
    return _tag(event).startswith(_STEPS)
