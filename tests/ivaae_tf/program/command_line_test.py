import errno
import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from ivaae_tf.program import errors

ROOT = pathlib.Path(__file__).parents[3]
MAIN = """
import os
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError

def main(argv):
    {body}

command_line.run(Command(main, lambda: None, takes_arguments={takes_arguments}))
"""


def run(body, *arguments, takes_arguments=False):
    source = MAIN.format(body=body, takes_arguments=takes_arguments)
    return subprocess.run(
        [sys.executable, "-c", source, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_main_that_ends_well_says_nothing():
    process = run("pass")
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("raise UserError('--t=3: expected 4')", 1, "error: --t=3: expected 4\n"),
        # It may quote an untrusted file.
        (r"raise UserError('\x1b[2J\x9b\u202e')", 1, "error: \\x1b[2J\\u009b\\u202e\n"),
        (
            "raise KeyboardInterrupt",
            130,
            "interrupted; finished work is kept: run the same command again to continue\n",
        ),
        (  # as C++ code does that calls Python
            "import signal\n    try: signal.raise_signal(signal.SIGTERM)\n"
            "    except KeyboardInterrupt: raise TypeError",
            143,
            "ended by SIGTERM; finished work is kept: run the same command again to continue\n",
        ),
        ("open('/dev/null/file', 'w')", 1, "error: /dev/null/file: a part of the path"),
        # The kernel refuses every byte that is written there, like a full disk.
        ("os.write(os.open('/dev/full', os.O_WRONLY), b'x')", 1, "error: writing: no space left"),
    ],
)
def test_what_the_user_can_mend_is_one_line(body, status, message):
    process = run(body)
    assert process.returncode == status
    assert process.stderr.startswith(message)
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize(("body", "status"), [("pass", 0), ("raise UserError('no')", 1)])
def test_ctrl_c_after_the_last_line_changes_nothing(body, status):
    """A process with TensorFlow takes a while to end."""
    process = run(
        f"global end; end = End()\n    {body}\n"
        "class End:\n"
        "    def __del__(self, kill=os.kill, pid=os.getpid()): kill(pid, 2)"
    )
    assert process.returncode == status
    assert process.stderr == ("error: no\n" if status else "")


def test_an_argument_that_is_no_flag_is_refused():
    process = run("pass", "mnist")
    assert process.returncode == 1
    assert process.stderr == "error: unexpected argument 'mnist': options start with --\n"


def test_arguments_may_stand_on_both_sides_of_a_flag():
    process = run("print(argv[1:])", "a", "--verbosity=-2", "b", takes_arguments=True)
    assert (process.returncode, process.stdout) == (0, "['a', 'b']\n")


def test_an_argument_is_read_as_a_path(monkeypatch):
    monkeypatch.setenv("HOME", "/home/of me")
    process = run("print(argv[1:])", "~/a", "b/~", takes_arguments=True)
    assert (process.returncode, process.stdout) == (0, "['/home/of me/a', 'b/~']\n")


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("", "argument '': it is empty"),
        ("a\nb", r"argument 'a\nb': it has the character \n, which must not be in a name"),
        (
            "~nosuchuser",
            "argument '~nosuchuser': ~nosuchuser is the home folder of no user; a folder of this "
            "name is ./~nosuchuser",
        ),
        ("--v=" + "9" * 30, f"flag --verbosity={'9' * 30}: it must be between -4 and 9"),
    ],
)
def test_what_is_not_a_path_or_a_level_is_refused_in_one_line(argument, line):
    process = run("pass", argument, takes_arguments=True)
    assert (process.returncode, process.stderr) == (1, f"error: {line}\n")


def run_on(stdout, arguments, unbuffered=""):
    """Runs Python with a file or a descriptor as its standard output."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )


@pytest.fixture
def closed_pipe():
    """The end for writing of a pipe whose other end is closed."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["list"], ["list", "--help"], ["help"], ["--version"]], ids=" ".join
)
def test_a_command_ends_quietly_if_nobody_reads_its_output(closed_pipe, arguments, unbuffered):
    process = run_on(closed_pipe, ["-m", "ivaae_tf", *arguments], unbuffered)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("print('x' * 100_000)", 0, ""),  # more than the buffer
        ("print('x'); raise UserError('no')", 1, "error: no\n"),
    ],
)
def test_only_errors_are_printed_if_nobody_reads_the_output(closed_pipe, body, status, message):
    process = run_on(closed_pipe, ["-c", MAIN.format(body=body, takes_arguments=False)])
    assert (process.returncode, process.stderr) == (status, message)


def test_another_broken_pipe_keeps_its_traceback():
    process = run("read, write = os.pipe(); os.close(read); os.write(write, b'x')")
    assert process.returncode != 0
    assert "Traceback" in process.stderr and "BrokenPipeError" in process.stderr


def test_output_on_a_full_disk_is_an_error():
    source = MAIN.format(body="print('x')", takes_arguments=False)
    with pathlib.Path("/dev/full").open("w") as full:
        process = run_on(full, ["-c", source])
    line = "error: standard output: no space left on the disk\n"
    assert (process.returncode, process.stderr) == (1, line)


def test_a_bug_keeps_its_traceback():
    process = run("raise ValueError('bug')")
    assert process.returncode != 0
    assert "Traceback" in process.stderr and "ValueError: bug" in process.stderr


def test_a_signal_stays_one_line_if_a_library_turns_it_into_another_error():
    body = """
    import signal
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        raise {error} from None
"""
    for error in ("ValueError('matrix')", "UserError('damaged')"):
        process = run(body.format(error=error))
        assert process.returncode == 143
        assert process.stderr.startswith("ended by SIGTERM") and process.stderr.count("\n") == 1


def test_tensorflow_tells_of_a_full_disk(tmp_path):
    with pytest.raises(tf.errors.OpError) as caught, tf.io.gfile.GFile("/dev/full", "w") as file:
        file.write("x" * 10_000_000)
        file.flush()
    problem = errors.environment_problem(caught.value)
    assert problem == "no space left on the disk"


def test_the_path_is_named_whichever_library_meets_the_full_disk(tmp_path):
    with pytest.raises(tf.errors.OpError) as caught, tf.io.gfile.GFile("/dev/full", "w") as file:
        file.write("x" * 10_000_000)
        file.flush()
    assert errors.place_of_problem(caught.value) == "/dev/full"
    hdf5 = OSError(
        "[Errno 28] Can't synchronously write data (file write failed: time = now\n, "
        "filename = 'a b/last.keras', file descriptor = 3, errno = 28, error message = 'No space "
        "left on device', buf = 0x7fba715b2810, offset = 4096)"
    )
    assert errors.place_of_problem(hdf5) == "a b/last.keras"
    assert errors.environment_problem(OSError(errno.ELOOP, "circle")) == "links lead in a circle"
    assert errors.place_of_problem(OSError(errno.ENOSPC, "full", "a/b")) == "a/b"
    assert errors.place_of_problem(OSError(errno.ENOSPC, "full")) is None


def test_without_a_path_the_flags_of_outputs_are_named(tmp_path):
    """A write to an open file fails without a name."""
    declare = (
        "lambda: [path_flags.define_path('out', 'x', '', path_flags.output_folder),"
        " path_flags.define_path('input', 'y', '', path_flags.existing_folder)]"
    )
    source = MAIN.format(
        body="os.write(os.open('/dev/full', os.O_WRONLY), b'x')", takes_arguments=False
    )
    source = "from ivaae_tf.program import path_flags\n" + source.replace("lambda: None", declare)
    process = subprocess.run(
        [sys.executable, "-c", source, f"--out={tmp_path}", f"--input={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stderr == f"error: --out={tmp_path}: no space left on the disk\n"


def test_other_errors_are_no_problem_of_the_environment():
    assert errors.environment_problem(ValueError("shape (3,)")) is None
    assert errors.environment_problem(FileNotFoundError(2, "No such file")) is None
