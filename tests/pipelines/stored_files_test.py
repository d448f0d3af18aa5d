import math
import os

import pytest

from pipelines import digests, stored_files
from pipelines.errors import UserError
from pipelines.stored_files import DamagedFileError, parsing, read_json


def test_json_is_read_as_its_type(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"1": {"loss": 2, "norm": NaN}}')
    content = read_json(path, dict[int, dict[str, float]])
    assert content[1]["loss"] == 2 and math.isnan(content[1]["norm"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"1": ', "Expecting value: line 1"),
        (b"\xff\xfe{}", "can't decode byte 0xff"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"1": {"loss": "low"}}', r"Expected `float`, got `str` - at `\$\[...\]\[...\]`"),
        (b'{"one": {}}', "Expected `int`"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"1": {"loss": ' + b"9" * 10_000 + b"}}", "Exceeds the limit"),
    ],
)
def test_json_of_another_form_is_one_line(content, reason, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=rf"a\.json is damaged: .*{reason}") as caught:
        read_json(path, dict[int, dict[str, float]])
    assert "\n" not in str(caught.value)


def test_what_is_not_a_file_is_named(tmp_path):
    with pytest.raises(DamagedFileError, match="it is a folder; expected a file"):
        read_json(tmp_path, dict)
    os.mkfifo(tmp_path / "pipe")  # To read it would take forever.
    with pytest.raises(DamagedFileError, match="it is not a regular file"):
        read_json(tmp_path / "pipe", dict)


def test_errors_of_users_and_of_the_disk_are_not_called_damage(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(UserError, match=r"^advice$"), parsing(path):
        raise UserError("advice")
    denied = pytest.raises(UserError, match="cannot be read: permission denied")
    with denied, parsing(path):
        raise PermissionError(13, "Permission denied")


def test_the_newest_damaged_files_are_set_aside_under_new_names(tmp_path, capsys):
    path = tmp_path / "history.json"

    def read():
        return read_json(path, dict[str, int]) if path.exists() else {}

    others = [tmp_path / name for name in ("history.damaged-x.json", "scores.damaged-1.json")]
    for other in others:
        other.touch()
    for number in range(1, 13):
        path.write_text(f"{number}")
        if number == 2:
            path.unlink()
            (path / "full").mkdir(parents=True)
        assert stored_files.read_or_set_aside(path, read) == {}
        line = capsys.readouterr().err
        assert "history.json is damaged" in line and f"now history.damaged-{number}.json" in line
        kept = range(max(1, number - 2), number + 1)
        assert {file.name for file in tmp_path.iterdir()} == {
            *(f"history.damaged-{one}.json" for one in kept),
            *(other.name for other in others),
        }
    assert (tmp_path / "history.damaged-10.json").read_text() == "10"
    path.write_text('{"a": 1}')
    assert stored_files.read_or_set_aside(path, read) == {"a": 1}


def test_a_digest_is_that_of_sha256sum(tmp_path):
    path = tmp_path / "a.bin"
    with digests.replace_with_digest(path) as temporary:
        temporary.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert digests.digest_path(path).read_text() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.bin\n"
    )
    digests.check(path, needed=True)


def test_a_write_that_is_killed_leaves_no_wrong_digest(tmp_path):
    path = tmp_path / "a.bin"
    for content in (b"old", b"new"):
        with digests.replace_with_digest(path) as temporary:
            temporary.write_bytes(content)
    with pytest.raises(KeyboardInterrupt), digests.replace_with_digest(path):
        raise KeyboardInterrupt
    digests.check(path, needed=True)
    digests.digest_path(path).unlink()  # what a kill between the two writes leaves
    digests.check(path)
    with pytest.raises(DamagedFileError, match="its digest is missing"):
        digests.check(path, needed=True)
