import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from pipelines.records import writing


def writer(path, content="whole"):
    def write():
        path.mkdir(parents=True)
        (path / "data").write_text(content)

    return write


def test_what_is_missing_is_written_and_what_is_there_is_kept(tmp_path):
    path = tmp_path / "name" / "1.0.0"
    writing.ensure(path, writer(path))
    writing.ensure(path, writer(path, "again"))
    assert (path / "data").read_text() == "whole"


def test_what_is_not_current_or_not_wanted_is_written_again(tmp_path):
    path = tmp_path / "1.0.0"
    writing.ensure(path, writer(path))
    (path / "stale").touch()
    writing.ensure(path, writer(path, "second"), is_current=lambda: False)
    assert [file.name for file in path.iterdir()] == ["data"]
    assert (path / "data").read_text() == "second"
    writing.ensure(path, writer(path, "third"), overwrite=True)
    assert (path / "data").read_text() == "third"


def test_old_records_stay_if_new_ones_are_written_to_another_place(tmp_path):
    path = tmp_path / "1.0.0"
    with pytest.raises(UserError, match=r"1\.0\.0 is missing after it was written"):
        writing.ensure(path, writer(tmp_path / "elsewhere"))
    writing.ensure(path, writer(path))
    with pytest.raises(UserError, match=r"1\.0\.0 is missing after it was written"):
        writing.ensure(path, writer(tmp_path / "another"), overwrite=True)
    assert (path / "data").read_text() == "whole"


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    (tmp_path / "incomplete.ABC_1.0.0").mkdir()
    (tmp_path / "incomplete.ABC_1.0.0" / "part").touch()
    path = tmp_path / "1.0.0"
    writing.ensure(path, writer(path))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "1.0.0"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "cannot be written: no space left on the disk"),
        (
            tf.errors.ResourceExhaustedError(None, None, "/x; No space left on device"),
            "cannot be written: no space left on the disk",
        ),
        (OSError("Not enough disk space.\nNeeded: 1 GB"), "Not enough disk space. Needed: 1 GB$"),
    ],
)
def test_disk_errors_are_one_line(tmp_path, error, message):
    def write():
        raise error

    with pytest.raises(UserError, match=message):
        writing.ensure(tmp_path / "1.0.0", write)


def test_one_writes_and_the_other_waits_for_it(tmp_path):
    # The lock is between open files, so two threads behave like two processes.
    path, started = tmp_path / "1.0.0", threading.Event()

    def slowly():
        started.set()
        time.sleep(0.5)
        writer(path, "first")()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(writing.ensure, path, slowly)
        started.wait()
        writing.ensure(path, writer(path, "second"))
        first.result()
    assert (path / "data").read_text() == "first"


class _End(BaseException):
    pass


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), _End()])
def test_old_records_stay_if_new_ones_cannot_be_written(tmp_path, error):
    path = tmp_path / "1.0.0"
    writing.ensure(path, writer(path))

    def write():
        (tmp_path / "incomplete.ABC_1.0.0").mkdir()
        raise error

    with pytest.raises((UserError, _End)):
        writing.ensure(path, write, overwrite=True)
    assert (path / "data").read_text() == "whole"


def test_old_records_come_back_after_a_kill(tmp_path):
    path = tmp_path / "1.0.0"
    writer(tmp_path / ".replaced.1.0.0", "old")()
    (tmp_path / "incomplete.ABC_1.0.0").mkdir()
    writing.ensure(path, writer(path, "new"))
    assert (path / "data").read_text() == "old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "1.0.0"]


def test_what_a_kill_leaves_after_the_new_records_are_complete_is_removed(tmp_path):
    path = tmp_path / "1.0.0"
    writer(path, "new")()
    writer(tmp_path / ".replaced.1.0.0", "old")()
    writing.ensure(path, writer(path, "newer"))
    assert (path / "data").read_text() == "new"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "1.0.0"]
