"""Folders that a command writes again, and what people have put into them."""

import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder


def write(path, *names, is_new=False):
    with replace_written_folder(path, is_new=is_new) as folder:
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("ours")


def files(path):
    found = {str(each.relative_to(path)) for each in path.rglob("*") if each.is_file()}
    return found - {".ivaae_tf.files"}


def test_the_files_of_the_last_time_are_removed(tmp_path):
    path = tmp_path / "out"
    write(path, "index.html", "data/a.csv", is_new=True)
    write(path, "index.html", "b.csv")
    assert files(path) == {"index.html", "b.csv"}


@pytest.mark.parametrize("name", ["notes.md", "holiday.png", "data/b.csv", "data/.hidden"])
def test_what_people_put_there_stays_and_is_named(tmp_path, name):
    path = tmp_path / "out"
    write(path, "index.html", "data/a.csv", is_new=True)
    (path / name).write_text("theirs")
    with pytest.raises(UserError, match=f"1 file.* such as '{name}'; move"):
        write(path, "index.html")
    assert files(path) == {"index.html", "data/a.csv", name}
    assert (path / name).read_text() == "theirs"


def test_what_people_put_there_while_it_is_written_stays(tmp_path):
    path = tmp_path / "out"
    write(path, "index.html", is_new=True)
    with (
        pytest.raises(UserError, match=r"such as 'notes\.md'"),
        replace_written_folder(path, is_new=False),
    ):
        (path / "notes.md").write_text("theirs")
    assert files(path) == {"index.html", "notes.md"}


def test_a_folder_of_an_older_version_is_replaced_by_files_of_the_same_names(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    (path / "index.html").write_text("old")
    write(path, "index.html", "new.csv")
    assert files(path) == {"index.html", "new.csv"}
    assert (path / "index.html").read_text() == "ours"
    (path / ".ivaae_tf.files").unlink()
    with pytest.raises(UserError, match=r"such as 'new\.csv'"):
        write(path, "index.html")


def test_only_one_of_two_makes_a_new_folder(tmp_path):
    path = tmp_path / "out"
    with (
        pytest.raises(UserError, match=r"--out: .* was made by another process meanwhile"),
        replace_written_folder(path, is_new=True) as folder,
    ):
        (folder / "second").touch()
        write(path, "first", is_new=True)
    assert files(path) == {"first"}
