import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ivaae_tf.program.atomic_files import (
    MARK,
    remove_incomplete,
    replace_when_complete,
    temporary_folder,
)
from ivaae_tf.program.errors import place_of_problem


def test_a_complete_file_takes_the_place_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "new" / "scores.json"
    with replace_when_complete(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [entry.name for entry in path.parent.iterdir()] == ["scores.json"]


def test_an_interrupted_write_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replace_when_complete(path) as temporary:
        temporary.write_text("hal")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores.json"]


def test_a_new_file_has_the_usual_permissions(tmp_path):
    path, usual = tmp_path / "a.txt", tmp_path / "b.txt"
    usual.write_text("")
    with replace_when_complete(path) as temporary:
        temporary.write_text("")
    assert path.stat().st_mode == usual.stat().st_mode


def test_a_complete_folder_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "saved_model"
    path.mkdir()
    (path / "old").write_text("")
    with replace_when_complete(path, is_folder=True) as temporary:
        (temporary / "new").write_text("")
    assert [entry.name for entry in path.iterdir()] == ["new"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["saved_model"]


def test_what_a_killed_process_left_is_removed(tmp_path):
    script = (
        "import os, sys; from ivaae_tf.program.atomic_files import replace_when_complete\n"
        "with replace_when_complete(sys.argv[1]) as path: path.write_text('hal'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "a.txt"], check=False)
    (tmp_path / "other").write_text("")
    assert len(list(tmp_path.iterdir())) == 2
    remove_incomplete(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["other"]


def test_an_error_of_the_disk_names_what_was_to_be_written(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(OSError) as caught, replace_when_complete(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as caught, replace_when_complete(path):
        pass  # nothing is written
    assert caught.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as caught, replace_when_complete(path):
        (tmp_path / "source").read_bytes()
    assert caught.value.filename == str(tmp_path / "source")


def test_the_next_writer_removes_what_a_killed_one_left_but_not_what_a_living_one_writes(tmp_path):
    (tmp_path / f"{MARK}killed").mkdir()
    with replace_when_complete(tmp_path / "living") as path:
        path.write_text("first")
        with replace_when_complete(tmp_path / "next") as other:
            other.write_text("second")
        assert path.exists()
        assert not (tmp_path / f"{MARK}killed").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["living", "next"]


def test_a_temporary_folder_in_use_is_not_taken_for_a_killed_one_s(tmp_path):
    with temporary_folder(tmp_path) as folder:
        remove_incomplete(tmp_path)
        assert folder.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [1, 2])
def test_a_kill_while_a_folder_is_replaced_leaves_one_whole(tmp_path, number):
    path = tmp_path / "saved_model"
    path.mkdir()
    (path / "content").write_text("old")
    script = (
        "import os, sys; from pathlib import Path; from ivaae_tf.program import atomic_files\n"
        "renamings = []\n"
        "def hook(event, _):\n"
        "    if event == 'os.rename':\n"
        "        renamings.append(event)\n"
        "        if len(renamings) == int(sys.argv[2]): os._exit(9)\n"
        "sys.addaudithook(hook)\n"
        "with atomic_files.replace_when_complete(sys.argv[1], is_folder=True) as new:\n"
        "    (new / 'content').write_text('new')\n"
    )
    subprocess.run([sys.executable, "-c", script, path, str(number)], check=False)
    assert (path / "content").read_text() in ("old", "new")


def test_a_folder_for_which_there_is_no_room_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "saved_model"
    make = Path.mkdir

    def refuse(self, *arguments, **options):
        if self.name == path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        make(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OSError) as caught, replace_when_complete(path, is_folder=True):
        pass
    assert caught.value.filename == str(path)
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_hidden_folder_names_what_was_to_be_written():
    hidden = f"/runs/{MARK}a1/saved_model/variables/variables.index"
    error = OSError(f"{hidden}; {os.strerror(errno.EFBIG)}")
    assert place_of_problem(error) == "/runs/saved_model"
    assert place_of_problem(OSError(errno.ENOSPC, "", "/runs/a.png")) == "/runs/a.png"


def test_what_only_looks_like_it_is_somebody_s(tmp_path):
    for name in (".incomplete.downloads", "incomplete.X", ".ivaae_tf", f"{MARK.strip('.')}.x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "movie").touch()
    (tmp_path / f"{MARK}link").symlink_to(tmp_path / "incomplete.X")
    before = sorted(tmp_path.rglob("*"))
    with replace_when_complete(tmp_path / "report", is_folder=True):
        pass
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "report"])


@pytest.mark.parametrize("other", ["folder", "file"])
def test_a_new_folder_does_not_replace_what_another_process_made_meanwhile(tmp_path, other):
    path = tmp_path / "out"
    with (
        pytest.raises(FileExistsError) as caught,
        replace_when_complete(path, is_folder=True, is_new=True) as temporary,
    ):
        (temporary / "second").touch()
        path.touch() if other == "file" else (path / "first").mkdir(parents=True)
    assert caught.value.filename == str(path)
    assert [entry.name for entry in tmp_path.rglob("*") if entry.name != "first"] == ["out"]
