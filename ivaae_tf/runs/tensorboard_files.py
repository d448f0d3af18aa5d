"""Reads and writes the event files of TensorBoard.

TensorBoard reads the files of a folder in the order of their names, which begin with a time in
seconds. The clock of another machine may be behind, or a clock is set back. So the number of a new
file is above the numbers of all others, and is the time only if that is higher.

A resumed training writes the points after its checkpoint again. TensorBoard's fast loader lets an
event replace the events of its tag from its step on; the slow one obeys `SessionLog.START`.
"""

import contextlib
import itertools
import os
import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError, Message
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util.tensor_util import make_ndarray

_PREFIX = "events.out.tfevents."
# Events that TensorBoard cannot see yet, and their age, as with TensorFlow's writer.
_MOST_UNSEEN, _MOST_SECONDS = 10, 120


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
        beginning = Event(wall_time=time.time(), file_version="brain.Event:2")
        self._file.write(beginning.SerializeToString())
        self.flush()

    def restart(self, step: int) -> None:
        """Lets readers forget all points of the folder from a step on."""
        start = SessionLog(status=SessionLog.START)
        event = Event(wall_time=time.time(), step=step, session_log=start)
        for _ in range(2):  # TensorBoard ignores the first one of a folder.
            self._file.write(event.SerializeToString())
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


def remove_others(path: Path) -> None:
    """Removes the event files beside an event file."""
    for other in _paths(path.parent):
        if other != path:
            other.unlink()


def scalars(folder: Path, prefix: str) -> dict[tuple[str, int], float]:
    """Returns (tag, step) -> value of the scalars whose tags begin with `prefix`."""
    found = _tensors(folder, "scalars", prefix)
    return {point: float(make_ndarray(tensor)) for point, tensor in found.items()}


def images(folder: Path, tag: str) -> dict[int, bytes]:
    """Returns step -> PNG of the pictures of a tag."""
    return {
        step: make_ndarray(tensor)[2]  # after width and height
        for (name, step), tensor in _tensors(folder, "images", tag).items()
        if name == tag
    }


def _tensors(folder: Path, plugin: str, prefix: str) -> dict[tuple[str, int], Any]:
    """Returns (tag, step) -> value for a plugin of TensorBoard; each restart removes its points."""
    found: dict[tuple[str, int], Any] = {}
    for event in itertools.chain.from_iterable(map(_events, _paths(folder))):
        if event.session_log.status == SessionLog.START:
            found = {point: value for point, value in found.items() if point[1] < event.step}
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == plugin and value.tag.startswith(prefix):
                found[value.tag, event.step] = value.tensor
    return found


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


def _events(path: Path) -> Iterator[Event]:
    """Yields the events up to the first that is cut off or damaged, like TensorBoard."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    with contextlib.suppress(tf.errors.DataLossError, DecodeError):
        yield from map(Event.FromString, records)
