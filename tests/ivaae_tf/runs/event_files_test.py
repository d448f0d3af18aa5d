"""Curves that are cut back to a checkpoint, as both loaders of TensorBoard read them."""

import collections

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from ivaae_tf.runs.writer import TensorBoardWriter
from tests.written_runs import fld


def write(folder, steps, epochs, score_epochs=()):
    """Writes like a training, in an event file of its own."""
    writer = TensorBoardWriter(folder)
    writer.settings({"width": 0.5})
    for step in steps:
        writer.scalars("step", {"loss": 1.0 / step, "norm": step}, step)
    for epoch in epochs:
        writer.scalars("epoch", {"loss": epoch}, epoch)
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
        writer.scalars("step", {"loss": 1.0 / step, "norm": step}, step)
    for epoch in epochs:
        writer.scalars("epoch", {"loss": epoch}, epoch)
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
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("num_bytes_cut", [1, 20])
def test_a_file_whose_writer_was_killed_is_read_up_to_there(tmp_path, num_bytes_cut):
    write(tmp_path, steps=[2, 4, 6], epochs=[])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-num_bytes_cut])
    TensorBoardWriter(tmp_path).cut_back(step=2, epoch=0)
    assert points(tmp_path)["step/loss"] == [2]
