"""A file is whole or not there."""

import pytest

from ivaae_tf.metrics.atomic_write import atomic_path


def test_writes_in_a_new_folder_and_leaves_nothing_else(tmp_path):
    with atomic_path(tmp_path / "new" / "a.json") as temporary:
        assert temporary.suffix == ".json"
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.rglob("*.*")] == ["a.json"]
    assert (tmp_path / "new" / "a.json").read_text() == "whole"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, interruption):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(interruption), atomic_path(tmp_path / "a.json") as temporary:
        temporary.write_text("hal")
        raise interruption
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"
