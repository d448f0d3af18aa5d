import errno
import math
import os
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import tensorflow as tf

from ivaae_tf.program import damaged_files, digests
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json
from ivaae_tf.program.errors import UserError


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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on the disk"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "Connection timed out"),
        (MemoryError("Unable to allocate 8 GiB"), "memory is too small.*8 GiB"),
        (ModuleNotFoundError("No module named 'pydub'"), "No module named 'pydub'"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"), "memory.*OOM"),
        (tf.errors.PermissionDeniedError(None, None, "x; Permission denied"), "permission denied"),
        (tf.errors.InternalError(None, None, "cudaGetDevice() failed"), "cudaGetDevice"),
        (tf.errors.NotFoundError(None, None, "Op type not registered 'Foo'"), "'Foo'"),
    ],
)
def test_what_is_not_the_fault_of_the_content_keeps_its_words(error, words, tmp_path):
    expected = pytest.raises(UserError, match=rf"a\.npz cannot be read: .*{words}")
    with expected as caught, parsing(tmp_path / "a.npz"):
        raise error
    assert not isinstance(caught.value, DamagedFileError)


@pytest.mark.parametrize("kind", [TypeError, AttributeError, NameError, AssertionError])
def test_an_error_of_a_program_stays_one_unless_the_parser_is_known_for_it(kind, tmp_path):
    with pytest.raises(kind, match="bug"), parsing(tmp_path / "a"):
        raise kind("bug")
    with pytest.raises(DamagedFileError, match="a is damaged: x"), parsing(tmp_path / "a", kind):
        raise kind("x")


@pytest.mark.parametrize(
    "error",
    [
        OSError("Unable to synchronously open file (file signature not found)"),  # of HDF5
        OSError(errno.EINVAL, "Invalid argument"),  # a seek to before the start
        tf.errors.DataLossError(None, None, "corrupted record at 12"),
        *(zipfile.BadZipFile("x"), zlib.error("x"), EOFError("x"), KeyError("x"), ValueError("x")),
    ],
)
def test_what_parsers_raise_for_bad_bytes_is_damage(error, tmp_path):
    with pytest.raises(DamagedFileError, match="a is damaged: "), parsing(tmp_path / "a"):
        raise error


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
        assert damaged_files.read_or_set_aside(path, read) == {}
        line = capsys.readouterr().err
        assert "history.json is damaged" in line and f"now history.damaged-{number}.json" in line
        kept = range(max(1, number - 2), number + 1)
        assert {file.name for file in tmp_path.iterdir()} == {
            *(f"history.damaged-{one}.json" for one in kept),
            *(other.name for other in others),
        }
    assert (tmp_path / "history.damaged-10.json").read_text() == "10"
    path.write_text('{"a": 1}')
    assert damaged_files.read_or_set_aside(path, read) == {"a": 1}


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


STOPPED = """
import os, signal, sys
from pathlib import Path
from ivaae_tf.program import digests

def stop(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith(".sha256"):
        os.kill(os.getpid(), signal.SIGSTOP)

sys.addaudithook(stop)
with digests.replace_with_digest(Path(sys.argv[1])) as temporary:
    temporary.write_text("first")
"""


def test_a_file_and_its_digest_are_of_the_same_process(tmp_path):
    """The first one is stopped between the two, while the second one writes both."""
    path = tmp_path / "a.bin"

    def write():
        with digests.replace_with_digest(path) as temporary:
            temporary.write_text("second")

    first = subprocess.Popen([sys.executable, "-c", STOPPED, path])
    os.waitpid(first.pid, os.WUNTRACED)
    assert path.read_text() == "first"
    assert not digests.digest_path(path).exists()
    with ThreadPoolExecutor() as pool:
        second, reader = pool.submit(write), pool.submit(digests.check, path, needed=True)
        time.sleep(0.5)
        assert not second.done() and not reader.done()  # They wait for the digest.
        first.send_signal(signal.SIGCONT)
        assert first.wait() == 0
        second.result()
        reader.result()
    digests.check(path, needed=True)
    assert path.read_text() == "second"
