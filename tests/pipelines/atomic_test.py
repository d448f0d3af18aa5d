import pytest

from pipelines.atomic import replace_when_complete


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
