import contextlib
import os

import pytest

from ivaae_tf.program.errors import UserError
from pipelines.folder import listing as folder_listing
from tests.pipelines.folder.photos import fill


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_names_are_sorted_as_whole_paths(tmp_path):
    names = ["a/b/c", "a/b-c", "a-b", "a.b", "é/z", "b", os.fsdecode(b"\xff\xfe")]
    listing = folder_listing.list_folder(str(make(tmp_path, *names)))
    assert list(listing.names) == sorted(names)
    assert len(listing.names) == len(names)


def test_folders_of_any_number_are_skipped(tmp_path):
    make(tmp_path, "a/1", "b/2", "b/runs/3", "data/4", "other/data/5")
    (tmp_path / "link").symlink_to("b")
    exclude = [tmp_path / "data", str(tmp_path / "b" / ".." / "b" / "runs"), tmp_path / "missing"]
    listing = folder_listing.list_folder(str(tmp_path), exclude=exclude)
    assert list(listing.names) == ["a/1", "b/2", "other/data/5"]
    assert listing.refused == [("link", "a link to a folder: not followed")]
    (tmp_path / "a" / "1").unlink()
    make(tmp_path, "a/data/6")
    with pytest.raises(UserError, match="is empty"):
        folder_listing.list_folder(str(tmp_path / "a"), exclude=[tmp_path / "a" / "data"])


def test_hidden_files_and_folders_are_left_out(tmp_path):
    make(tmp_path, "a/1", "a/.1", "a/Thumbs.db", "a/.b/2", "@eaDir/3", "lost+found/4", "x.y/5")
    (tmp_path / "a" / ".circle").symlink_to(".circle")
    (tmp_path / "a" / ".up").symlink_to(tmp_path)
    listing = folder_listing.list_folder(str(tmp_path), exclude=[tmp_path / "a" / ".b"])
    assert list(listing.names) == ["a/1", "x.y/5"]
    assert listing.refused == []
    hidden = ["@eaDir/", "a/.1", "a/.circle", "a/.up", "a/Thumbs.db", "lost+found/"]
    assert listing.left_out == hidden


def test_a_hidden_folder_that_is_named_is_listed(tmp_path):
    make(tmp_path, ".photos/1", ".photos/a/2", ".photos/.3")
    (tmp_path / "photos").symlink_to(".photos")
    for name in (".photos", "photos"):
        listing = folder_listing.list_folder(str(tmp_path / name))
        assert (list(listing.names), listing.left_out) == (["1", "a/2"], [".3"])
    (tmp_path / "photos").unlink()
    with pytest.raises(UserError, match="holds only hidden files and folders"):
        folder_listing.list_folder(str(tmp_path))


def _nest(folder, name, depth, file):
    """Makes folders inside each other, deeper than a path can say, and files in each."""
    with contextlib.ExitStack() as stack:
        descriptor = os.open(folder, os.O_RDONLY)
        stack.callback(os.close, descriptor)
        for _ in range(depth):
            os.mkdir(name, dir_fd=descriptor)
            descriptor = os.open(name, os.O_RDONLY, dir_fd=descriptor)
            stack.callback(os.close, descriptor)
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))


@pytest.mark.parametrize(("name", "depth"), [("n" * 255, 17), ("n" * 10, 400)])
def test_a_path_that_is_too_long_is_refused(tmp_path, name, depth):
    make(tmp_path, "good")
    _nest(tmp_path, name, depth, "f" * 200)
    listing = folder_listing.list_folder(str(tmp_path))
    assert "good" in listing.names
    assert {reason for _, reason in listing.refused} == {"File name too long"}
    longest = 4095 - len(str(tmp_path)) - 1  # PATH_MAX counts a final zero.
    assert max(map(len, listing.names)) <= longest
    assert all(len(refused) > longest for refused, _ in listing.refused)
    assert len(listing.names) + len(listing.refused) >= 2 + longest // (len(name) + 1)


def test_listing_is_independent_of_the_order_on_disk(tmp_path):
    first, second = fill(tmp_path / "a", 3), tmp_path / "b"
    second.mkdir()
    for name in ("002.png", "000.png", "001.png"):
        (second / name).write_bytes((first / name).read_bytes())
        os.utime(second / name, ns=(0, (first / name).stat().st_mtime_ns))
    listings = [folder_listing.list_folder(str(path)) for path in (first, second)]
    assert list(listings[0].names) == list(listings[1].names) == ["000.png", "001.png", "002.png"]
    assert listings[0].fingerprint == listings[1].fingerprint
