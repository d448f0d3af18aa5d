"""The event files of TensorBoard: written one after another, and cut back to a checkpoint.

TensorBoard reads the files of a folder in the order of their names, which begin with a time in
seconds. The clock of another machine may be behind, or a clock is set back. So the number of a new
file is above those of all others, and is the time only if that is.

A TensorBoard that is running has read what is cut off. Its two loaders treat restarts differently:
the fast one lets an event replace those of its tag from its step on, the slow one obeys
`SessionLog.START`, which has one step for all tags, while in the files of older runs some tags
count steps and others epochs. For both of them, what is kept is written to a new file again, after
a START at step 0.
"""

import contextlib
import itertools
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError, Message
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util.tensor_util import make_ndarray

from ivaae_tf.program.atomic_files import remove_incomplete, temporary_folder

_PREFIX = "events.out.tfevents."
# Events that TensorBoard cannot see yet, and their age, as with TensorFlow's writer.
_MOST_UNSEEN, _MOST_SECONDS = 10, 120
_SETTINGS = "_hparams_/"
_STEPS = "step/"  # the tags that count steps where older runs have both; the others count epochs


class EventFile:
    """A new event file, which comes after all others in its folder.

    Args:
        folder: The folder; it is made if it is missing.

    Attributes:
        path: The file.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = _after_all(_paths(folder), folder)
        self._file = tf.io.TFRecordWriter(str(self.path))
        self._file.write(_beginning().SerializeToString())
        self.flush()

    def add(self, summary: Message, step: int) -> None:
        """Adds the values of a summary, TensorBoard's or TensorFlow's, at a step."""
        values = Summary.FromString(summary.SerializeToString())
        event = Event(wall_time=time.time(), step=step, summary=values)
        self._file.write(event.SerializeToString())
        self._num_unseen += 1
        is_late = time.monotonic() - self._time_of_flush > _MOST_SECONDS
        if self._num_unseen >= _MOST_UNSEEN or is_late:
            self.flush()

    def flush(self, to_disk: bool = False) -> None:
        """Makes all events visible to other programs, and safe from a crash of the machine."""
        self._file.flush()
        self._num_unseen, self._time_of_flush = 0, time.monotonic()
        if to_disk:
            with self.path.open("rb") as file:
                os.fsync(file.fileno())

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def cut_back(folder: Path, step: int, epoch: int) -> bool:
    """Removes all points after a step, or after an epoch if their tag counts epochs.

    If there are such points, a new file takes the place of all files.

    Args:
        folder: The folder of the event files.
        step: The last step to keep; 0 removes everything.
        epoch: The last epoch to keep.

    Returns:
        Whether the settings of the run are still there.
    """

    def is_kept(event: Event) -> bool:
        return step > 0 and event.step <= (step if _counts_steps(event) else epoch)

    remove_incomplete(folder)
    paths = _paths(folder)
    current = _current(paths)
    has_settings, is_changed = False, len(current) < len(paths)
    for event in _points(current):
        if not is_kept(event):
            is_changed = True
        elif _tag(event).startswith(_SETTINGS):
            has_settings = True
    if is_changed:
        _write(_after_all(paths, folder), filter(is_kept, _points(current)))
        for path in paths:
            path.unlink()
    return has_settings


def sizes(folder: Path, but_of: Path | None) -> dict[str, int]:
    """Returns the sizes of all event files but one, which tell whether others have written."""
    return {path.name: path.stat().st_size for path in _paths(folder) if path != but_of}


def scalars(folder: Path, prefix: str) -> dict[tuple[str, int], float]:
    """Returns (tag, step) -> value of the scalars whose tags begin with `prefix`."""
    return {
        (value.tag, event.step): float(make_ndarray(value.tensor))
        for event in _points(_current(_paths(folder)))
        for value in event.summary.value
        if value.tag.startswith(prefix) and value.metadata.plugin_data.plugin_name == "scalars"
    }


def images(folder: Path, tag: str) -> dict[int, bytes]:
    """Returns step -> PNG of the pictures of a tag."""
    return {
        event.step: make_ndarray(value.tensor)[2]  # after width and height
        for event in _points(_current(_paths(folder)))
        for value in event.summary.value
        if value.tag == tag and value.metadata.plugin_data.plugin_name == "images"
    }


def _paths(folder: Path) -> list[Path]:
    """Returns the event files in the order in which they were written."""
    return sorted(folder.glob(f"{_PREFIX}*"), key=lambda path: (_number(path), path.name))


def _number(path: Path) -> int:
    found = re.match(r"\d+", path.name.removeprefix(_PREFIX))
    return int(found[0]) if found else 0


def _after_all(paths: Sequence[Path], folder: Path) -> Path:
    """Returns the path of a file that comes after those in the folder."""
    number = max(int(time.time()), 1 + max(map(_number, paths), default=0))
    return folder / f"{_PREFIX}{number:010d}.{socket.gethostname()}.{os.getpid()}.v2"


def _current(paths: Sequence[Path]) -> list[Path]:
    """Returns the files from the last one that begins with a restart, or all.

    After a kill, those that it takes the place of may be there, too.
    """
    for number in reversed(range(len(paths))):
        first = itertools.islice(_events(paths[number]), 2)
        if any(event.session_log.status == SessionLog.START for event in first):
            return list(paths[number:])
    return list(paths)


def _points(paths: Iterable[Path]) -> Iterator[Event]:
    """Yields the events with values."""
    for path in paths:
        for event in _events(path):
            if event.summary.value:
                yield event


def _events(path: Path) -> Iterator[Event]:
    """Yields the events up to the first that is cut off or damaged, like TensorBoard."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    with contextlib.suppress(tf.errors.DataLossError, DecodeError):
        yield from map(Event.FromString, records)


def _write(path: Path, points: Iterable[Event]) -> None:
    """Writes a file that takes the place of all that TensorBoard has read, whole or not at all."""
    with temporary_folder(path.parent) as unfinished_folder:
        # TensorBoard would take a name with "tfevents" for another run.
        unfinished = unfinished_folder / "kept"
        with tf.io.TFRecordWriter(str(unfinished)) as writer:
            writer.write(_beginning().SerializeToString())
            restart = Event(wall_time=time.time(), session_log=SessionLog(status=SessionLog.START))
            for _ in range(2):  # TensorBoard takes the first one that it reads for the beginning.
                writer.write(restart.SerializeToString())
            for event in points:
                writer.write(event.SerializeToString())
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)


def _beginning() -> Event:
    return Event(wall_time=time.time(), file_version="brain.Event:2")


def _tag(event: Event) -> str:
    """Returns the tag of an event's first value; all its values count in the same unit."""
    return event.summary.value[0].tag


def _counts_steps(event: Event) -> bool:
    return _tag(event).startswith(_STEPS)
