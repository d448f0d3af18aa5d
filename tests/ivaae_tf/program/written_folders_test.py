"""Folders that a command writes again, and what people have put into them."""

import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder


def replace(path, may_replace=True):
    return replace_written_folder(path, may_replace=may_replace, advice="give another")


def write(path, *names, may_replace=True):
    with replace(path, may_replace) as folder:
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("ours")


def files(path):
    found = {str(each.relative_to(path)) for each in path.rglob("*") if each.is_file()}
    return found - {".ivaae_tf.files"}


def test_the_files_of_the_last_time_are_removed(tmp_path):
    path = tmp_path / "out"
    write(path, "index.html", "data/a.csv")
    write(path, "index.html", "b.csv")
    assert files(path) == {"index.html", "b.csv"}


@pytest.mark.parametrize("name", ["notes.md", "holiday.png", "data/b.csv", "data/.hidden"])
def test_what_people_put_there_stays_and_is_named(tmp_path, name):
    path = tmp_path / "out"
    write(path, "index.html", "data/a.csv")
    (path / name).write_text("theirs")
    with pytest.raises(UserError, match=f"1 file.* such as '{name}'; move"):
        write(path, "index.html")
    assert files(path) == {"index.html", "data/a.csv", name}
    assert (path / name).read_text() == "theirs"


def test_what_people_put_there_while_it_is_written_stays(tmp_path):
    path = tmp_path / "out"
    write(path, "index.html")
    with (
        pytest.raises(UserError, match=r"such as 'notes\.md'"),
        replace(path),
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
        replace(path, may_replace=False) as folder,
    ):
        (folder / "second").touch()
        write(path, "first", may_replace=False)
    assert files(path) == {"first"}


def test_a_folder_that_may_not_exist_is_refused(tmp_path):
    with pytest.raises(UserError, match="exists; give another"):
        write(tmp_path, "index.html", may_replace=False)
