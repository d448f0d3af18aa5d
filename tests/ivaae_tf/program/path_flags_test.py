"""Outputs are looked at before the work; `tests/flag_values.py` tries the flags themselves."""

import subprocess
import sys

import pytest
from absl import flags

from ivaae_tf.program import path_flags


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("link")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", ["~", "~/a", "~root/a", "a/~", "./~", "a", "/a/~/b", "a~"])
def test_a_home_folder_is_that_of_the_shell(path, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shell = subprocess.run(["sh", "-c", f"echo {path}"], capture_output=True, text=True, check=True)
    assert path_flags.PathParser().parse(path) == shell.stdout.removesuffix("\n")
    assert path_flags.NameParser().parse(path) == path


def test_the_home_folder_of_nobody_is_refused():
    with pytest.raises(
        ValueError, match=r"^~nosuchuser is the home folder of no user; .* is \./~nos"
    ):
        path_flags.PathParser().parse("~nosuchuser/a")


def test_a_path_that_python_and_tensorflow_would_read_differently_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    assert path_flags.PathParser().parse("photos") == "photos"
    with pytest.raises(ValueError, match=r"encoding is iso8859-1, .* PYTHONUTF8=1"):
        path_flags.PathParser().parse("größe")


@pytest.mark.parametrize(
    ("check", "path"),
    [
        (path_flags.output_folder, "folder"),
        (path_flags.output_folder, "new/of/new"),
        (path_flags.folder_or_new, "new"),
        (path_flags.output_picture, "new/a.PNG"),
        (path_flags.existing_folder, "folder"),
        (path_flags.existing_file_or_address, "file"),
        (path_flags.existing_file_or_address, "https://example.org/x"),
    ],
)
def test_what_can_be_used_is_accepted_and_nothing_is_made(check, path, place, tmp_path):
    check(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder", "link"]
    assert not list((tmp_path / "folder").iterdir())


@pytest.mark.parametrize(
    ("check", "path", "message"),
    [
        (path_flags.output_folder, "file", "it is not a folder"),
        (path_flags.output_folder, "file/x", "a part of the path is not a folder"),
        (path_flags.output_folder, "x" * 300, "the name is too long"),
        (path_flags.output_folder, "link", "links lead in a circle"),
        (path_flags.output_folder, "/proc/x/y", "nothing can be written to /proc"),
        (path_flags.folder_or_new, "/proc/x", "nothing can be written to /proc"),
        (path_flags.output_picture, "a.jpg", "must end in .png"),
        (path_flags.output_picture, ".png", "must end in .png"),
        (path_flags.output_picture, "file/a.png", "a part of the path is not a folder"),
        (path_flags.existing_folder, "new", "there is no such folder"),
        (path_flags.existing_file_or_address, "folder", "neither a file nor an address"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(check, path, message, place):
    with pytest.raises(flags.ValidationError, match=message):
        check(path)
