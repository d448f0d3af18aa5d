"""Curves that a resumed training writes again, as TensorBoard's slow loader reads them."""

import time

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

from ivaae_tf.plots.images import read_png
from ivaae_tf.runs import tensorboard_files
from ivaae_tf.runs.tensorboard_writer import TensorBoardWriter
from tests.written_runs import fld


def write(folder, steps, score_steps=()):
    """Writes in an event file of its own, like a new process."""
    writer = TensorBoardWriter(folder)
    writer.settings({"width": 0.5})
    write_more(writer, steps)
    writer.scores([fld(0.5, step) for step in score_steps])
    return writer


def write_more(writer, steps):
    for step in steps:
        writer.scalars({"loss": 1.0 / step, "norm": step}, step)
    writer.flush()


def loader(folder):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def shown(events):
    """Returns tag -> the steps of all its points, without the tags that have none."""
    found = {tag: [event.step for event in events.Tensors(tag)] for tag in events.Tags()["tensors"]}
    return {tag: steps for tag, steps in found.items() if steps}


def points(folder):
    return shown(loader(folder))


def test_after_two_interruptions_each_point_is_shown_once(tmp_path):
    write(tmp_path, steps=[2, 4, 6, 8, 10], score_steps=[2, 8])
    resumed = TensorBoardWriter(tmp_path)
    resumed.cut_back(5)
    assert points(tmp_path)["loss"] == [2, 4]
    assert points(tmp_path)["scores/fld"] == [2]
    assert list(tensorboard_files.scalars(tmp_path, "scores")) == [("scores/fld", 2)]
    write_more(resumed, steps=[6, 8])
    resumed.cut_back(7)
    write_more(resumed, steps=[8, 10, 12])
    assert points(tmp_path)["loss"] == points(tmp_path)["norm"] == [2, 4, 6, 8, 10, 12]


def test_pictures_are_those_of_the_last_training(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    for level, epochs in ((0, (1, 2, 3)), (255, (2,))):
        writer.cut_back(epochs[0] - 1)
        for epoch in epochs:
            writer.image("samples", np.full((2, 2, 1), level, np.uint8), epoch)
    writer.flush()
    pictures = tensorboard_files.images(tmp_path, "samples")
    assert {epoch: read_png(png).max() for epoch, png in pictures.items()} == {1: 0, 2: 255}


def test_settings_are_written_once_and_a_new_start_begins_with_nothing(tmp_path):
    write(tmp_path, steps=[2])
    (tag,) = [tag for tag in points(tmp_path) if tag.endswith("session_start_info")]
    resumed = TensorBoardWriter(tmp_path)
    resumed.cut_back(2)
    resumed.settings({"width": 0.5})
    resumed.flush()
    assert len(points(tmp_path)[tag]) == 1
    TensorBoardWriter(tmp_path).cut_back(0)
    assert not points(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_loader_that_has_read_what_is_cut_off_forgets_it(tmp_path):
    write(tmp_path, steps=[2, 4, 6, 8, 10], score_steps=[2])
    live = loader(tmp_path)
    resumed = TensorBoardWriter(tmp_path)
    for last, expected in ((7, [2, 4, 6, 9]), (5, [2, 4, 7]), (0, [2])):
        resumed.cut_back(last)
        live.Reload()
        time.sleep(1)  # The names of event files begin with the second.
        write_more(resumed, steps=[last + 2])
        for events in (live.Reload(), loader(tmp_path)):
            assert shown(events)["loss"] == expected
            assert shown(events).get("scores/fld") == ([2] if last else None)


def ahead(folder, seconds):
    """Renames the event files as if their writer's clock had been ahead."""
    for path in folder.glob("events.out.tfevents.*"):
        number, _, rest = path.name.removeprefix("events.out.tfevents.").partition(".")
        path.rename(path.with_name(f"events.out.tfevents.{int(number) + seconds:010d}.{rest}"))


@pytest.mark.parametrize("is_live", [False, True])
def test_a_clock_that_is_behind_loses_nothing(tmp_path, is_live):
    """Each session's clock is an hour behind the clock of the one before."""
    live = loader(tmp_path) if is_live else None
    kept = []
    for session in range(3):
        if live:
            live.Reload()
        writer = TensorBoardWriter(tmp_path)
        writer.cut_back(4 * session)
        first = 4 * session + 1
        write_more(writer, steps=range(first, first + 6))
        writer.scores([fld(0.5, first)])
        if not live:  # which reads the names
            ahead(tmp_path, 3600)
        kept += range(first, first + 4)
    TensorBoardWriter(tmp_path).cut_back(12)
    events = live.Reload() if live else loader(tmp_path)
    assert shown(events) == {"loss": kept, "norm": kept, "scores/fld": [1, 5, 9]}
    assert all(len(path.name) < 100 for path in tmp_path.iterdir())


def test_a_new_file_comes_after_files_of_the_future(tmp_path):
    for session, name in enumerate(["4000000000.host.1.0.v2", "4000000000.host.1.0.v2.kept"]):
        write(tmp_path, steps=[session + 1])
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        newest.rename(tmp_path / f"events.out.tfevents.{name}")
    write(tmp_path, steps=[3])
    assert points(tmp_path)["loss"] == [1, 2, 3]
    assert max(path.name for path in tmp_path.iterdir()).startswith(
        "events.out.tfevents.4000000001"
    )


def test_a_score_that_is_stored_is_not_written_again(tmp_path):
    for value in (0.3, 0.3, 0.4):
        TensorBoardWriter(tmp_path).scores([fld(value, 2)])
    assert points(tmp_path)["scores/fld"] == [2, 2]


def test_two_evaluations_at_once_write_a_score_once(tmp_path):
    first, second = TensorBoardWriter(tmp_path), TensorBoardWriter(tmp_path)
    for writer in (first, second):
        writer.scores([fld(0.1, 1)])
    for writer in (first, second, first):
        writer.scores([fld(0.3, 2), fld(0.2, 3)])
    assert sorted(points(tmp_path)["scores/fld"]) == [1, 2, 3]


@pytest.mark.parametrize("num_bytes_cut", [1, 20])
def test_a_file_whose_writer_was_killed_is_read_up_to_there(tmp_path, num_bytes_cut):
    write(tmp_path, steps=[2, 4, 6])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-num_bytes_cut])
    TensorBoardWriter(tmp_path).cut_back(3)
    assert points(tmp_path)["loss"] == [2]


def test_a_record_that_is_no_event_ends_its_file(tmp_path):
    write(tmp_path, steps=[2, 4], score_steps=[2])
    (path,) = tmp_path.glob("events.*")
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(path)) as file:
        for record in [*records, b"\xff no event", records[-1]]:
            file.write(record)
    assert tensorboard_files.scalars(tmp_path, "scores") == {("scores/fld", 2): 0.5}
