"""Curves that are cut back to a checkpoint, as both loaders of TensorBoard read them."""

import collections
import time

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

from ivaae_tf.runs.tensorboard_writer import TensorBoardWriter
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


def ahead(folder, seconds):
    """Renames the event files as if their writer's clock had been ahead."""
    for path in folder.glob("events.out.tfevents.*"):
        number, _, rest = path.name.removeprefix("events.out.tfevents.").partition(".")
        path.rename(path.with_name(f"events.out.tfevents.{int(number) + seconds:010d}.{rest}"))


@pytest.mark.parametrize("is_live", [False, True])
def test_a_clock_that_is_behind_loses_nothing(tmp_path, is_live):
    """Each session's clock is an hour behind the clock of the one before."""
    live = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}) if is_live else None
    kept, num_files = [], []
    for session in range(3):
        if live:
            live.Reload()
        writer = TensorBoardWriter(tmp_path)
        writer.cut_back(step=4 * session, epoch=session)
        first = 4 * session + 1
        write_more(writer, steps=range(first, first + 6), epochs=[session + 1])
        writer.scores([fld(0.5, session + 1)])
        if not live:  # which reads the names
            ahead(tmp_path, 3600)
        kept += range(first, first + 4)
        num_files.append(len(list(tmp_path.iterdir())))
    TensorBoardWriter(tmp_path).cut_back(step=12, epoch=3)
    expected = {"step/loss": kept, "epoch/loss": [1, 2, 3], "scores/fld": [1, 2, 3]}
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    for tag, steps in expected.items():
        assert points(tmp_path)[tag] == steps
        assert [event.step for event in (live.Reload() if live else events).Tensors(tag)] == steps
    assert num_files == [1, 2, 2]
    (path,) = tmp_path.iterdir()
    assert len(path.name) < 100


def test_a_new_file_comes_after_files_of_the_future(tmp_path):
    for session, name in enumerate(["4000000000.host.1.0.v2", "4000000000.host.1.0.v2.kept"]):
        write(tmp_path, steps=[session + 1], epochs=[])
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        newest.rename(tmp_path / f"events.out.tfevents.{name}")
    write(tmp_path, steps=[3], epochs=[])
    assert points(tmp_path)["step/loss"] == [1, 2, 3]
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
