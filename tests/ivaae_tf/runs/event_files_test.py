"""Curves that are cut back to a checkpoint, as both loaders of TensorBoard read them."""

import collections
import time

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

from ivaae_tf.runs.writer import TensorBoardWriter
from tests.written_runs import fld


def write(folder, steps, epochs, score_epochs=()):
    """Writes in an event file of its own, like a training before steps had their own folder."""
    writer = TensorBoardWriter(folder)
    writer.settings({"width": 0.5})
    for step in steps:
        writer.scalars({"step/loss": 1.0 / step, "step/norm": step}, step)
    for epoch in epochs:
        writer.scalars({"epoch/loss": epoch}, epoch)
    writer.scores([fld(0.5, epoch) for epoch in score_epochs])
    writer.flush()
    return writer


def points(folder):
    """Returns tag -> the steps of all its points in all files."""
    found = collections.defaultdict(list)
    for path in sorted(folder.glob("events.*")):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                found[value.tag].append(event.step)
    return found


def test_after_two_interruptions_each_point_is_stored_once(tmp_path):
    write(tmp_path, steps=[2, 4, 6, 8, 10], epochs=[1, 2], score_epochs=[2])
    resumed = TensorBoardWriter(tmp_path)
    resumed.cut_back(step=5, epoch=1)
    assert points(tmp_path)["step/loss"] == [2, 4]
    assert points(tmp_path)["epoch/loss"] == [1]
    assert "scores/fld" not in points(tmp_path)
    write(tmp_path, steps=[6, 8], epochs=[])
    resumed.cut_back(step=7, epoch=1)
    last = write_more(resumed, steps=[8, 10, 12], epochs=[2, 3])
    expected = {"step/loss": [2, 4, 6, 8, 10, 12], "epoch/loss": [1, 2, 3]}
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    for tag, steps in expected.items():
        assert sorted(points(tmp_path)[tag]) == steps
        assert sorted(event.step for event in events.Tensors(tag)) == steps
    assert last is resumed


def write_more(writer, steps, epochs):
    for step in steps:
        writer.scalars({"step/loss": 1.0 / step, "step/norm": step}, step)
    for epoch in epochs:
        writer.scalars({"epoch/loss": epoch}, epoch)
    writer.flush()
    return writer


def test_a_writer_that_is_cut_back_goes_on_in_a_new_file(tmp_path):
    writer = write(tmp_path, steps=[2, 4], epochs=[])
    writer.cut_back(step=2, epoch=0)
    write_more(writer, [4, 6], [])
    assert sorted(points(tmp_path)["step/loss"]) == [2, 4, 6]


def test_settings_are_written_once_and_a_new_start_begins_with_nothing(tmp_path):
    write(tmp_path, steps=[2], epochs=[])
    (tag,) = [tag for tag in points(tmp_path) if tag.endswith("session_start_info")]
    resumed = TensorBoardWriter(tmp_path)
    resumed.cut_back(step=2, epoch=0)
    resumed.settings({"width": 0.5})
    resumed.flush()
    assert len(points(tmp_path)[tag]) == 1
    TensorBoardWriter(tmp_path).cut_back(step=0, epoch=0)
    assert not points(tmp_path)


def test_a_loader_that_has_read_what_is_cut_off_forgets_it(tmp_path):
    write(tmp_path, steps=[2, 4, 6, 8, 10], epochs=[1, 2, 3], score_epochs=[2])
    live = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    resumed = TensorBoardWriter(tmp_path)
    for step, epoch in ((7, 2), (5, 1), (0, 0)):
        resumed.cut_back(step, epoch)
        live.Reload()
        time.sleep(1)  # The names of event files begin with the second.
        write_more(resumed, steps=[step + 2], epochs=[epoch + 1])
        live.Reload()
        restarted = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
        for events in (live, restarted):
            for tag, last in (("step/loss", step + 2), ("epoch/loss", epoch + 1)):
                steps = [event.step for event in events.Tensors(tag)]
                assert steps == sorted(set(steps))
                assert steps[-1] == last
            scores = (
                events.Tensors("scores/fld") if "scores/fld" in events.Tags()["tensors"] else []
            )
            assert [event.step for event in scores] == ([2] if epoch == 2 else [])


def test_after_a_kill_the_files_that_were_to_be_removed_do_not_count(tmp_path):
    write(tmp_path, steps=[2, 4, 6], epochs=[])
    (old,) = tmp_path.iterdir()
    content = old.read_bytes()
    TensorBoardWriter(tmp_path).cut_back(step=4, epoch=0)
    old.write_bytes(content)
    TensorBoardWriter(tmp_path).cut_back(step=4, epoch=0)
    assert points(tmp_path)["step/loss"] == [2, 4]


def test_a_score_that_is_stored_is_not_written_again(tmp_path):
    for value in (0.3, 0.3, 0.4):
        TensorBoardWriter(tmp_path).scores([fld(value, 2)])
    assert points(tmp_path)["scores/fld"] == [2, 2]


@pytest.mark.parametrize("num_bytes_cut", [1, 20])
def test_a_file_whose_writer_was_killed_is_read_up_to_there(tmp_path, num_bytes_cut):
    write(tmp_path, steps=[2, 4, 6], epochs=[])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-num_bytes_cut])
    TensorBoardWriter(tmp_path).cut_back(step=2, epoch=0)
    assert points(tmp_path)["step/loss"] == [2]


def test_a_record_that_is_no_event_ends_its_file(tmp_path):
    write(tmp_path, steps=[2, 4], epochs=[1])
    (path,) = tmp_path.glob("events.*")
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(path)) as file:
        for record in [*records, b"\xff no event", records[-1]]:
            file.write(record)
    TensorBoardWriter(tmp_path).cut_back(step=2, epoch=1)
    assert points(tmp_path)["step/loss"] == [2]
    assert points(tmp_path)["epoch/loss"] == [1]
