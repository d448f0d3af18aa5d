"""TensorFlow's environment and messages, and the standard streams."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(source, *, closed=False, **environment):
    variables = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1"{" 2>&-" if closed else ""}', sys.executable, source],
        cwd=Path(__file__).parents[3],
        env={**variables, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


ONEDNN = "import os; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"


@pytest.mark.parametrize("package", ["ivaae_tf", "pipelines"])
def test_the_fast_kernels_are_on_unless_the_user_has_chosen(package):
    assert run(f"import {package}; {ONEDNN}").stdout == "1\n"
    assert run(f"import {package}; {ONEDNN}", TF_ENABLE_ONEDNN_OPTS="0").stdout == "0\n"


def test_few_modules_are_imported_before_a_command_handles_ctrl_c():
    """Until then Ctrl-C is Python's own traceback."""
    names = (
        "import sys; before = set(sys.modules); import ivaae_tf; print(*set(sys.modules) - before)"
    )
    assert not {"enum", "importlib", "re", "typing"} & set(run(names).stdout.split())


@pytest.mark.parametrize(
    "modules", ["ivaae_tf, tensorflow", "ivaae_tf, keras, tensorflow, ivaae_tf.api.training"]
)
def test_the_import_says_nothing(modules):
    """And what only some trainings use, at the cost of a step or more, is not imported."""
    process = run(f"import sys, {modules}; print(*sys.modules)")
    imported = set(process.stdout.split())
    assert "tensorflow" in imported
    assert not {"sklearn.mixture", "tensorflow_probability", "tf_keras"} & imported
    assert process.stderr == ""


def test_what_is_not_expected_is_said(tmp_path):
    """A fake TensorFlow writes to the file descriptor, as C++ code does."""
    (tmp_path / "tensorflow.py").write_text(
        "import os; os.write(2, b'I0000 cudart_stub.cc:31] no GPU\\nsomething is wrong\\n')"
    )
    process = run("import ivaae_tf, tensorflow", PYTHONPATH=str(tmp_path))
    assert process.stderr == "something is wrong\n"


def test_a_closed_standard_error_is_no_error(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    source = "import ivaae_tf, tensorflow; print('there')"
    assert run(source, closed=True, PYTHONPATH=str(tmp_path)).stdout == "there\n"


@pytest.mark.parametrize(
    ("is_on", "chosen", "is_warned"),
    [(False, None, True), (False, "1", True), (False, "0", False), (True, None, False)],
)
def test_slow_kernels_are_warned_of(is_on, chosen, is_warned, tmp_path):
    """A fake TensorFlow, imported first, reports whether its oneDNN kernels are on."""
    port = tmp_path / "tensorflow" / "python" / "util" / "_pywrap_util_port.py"
    port.parent.mkdir(parents=True)
    (tmp_path / "tensorflow" / "__init__.py").touch()
    port.write_text(f"def IsMklEnabled(): return {is_on}")
    environment = {} if chosen is None else {"TF_ENABLE_ONEDNN_OPTS": chosen}
    process = run("import tensorflow, ivaae_tf", PYTHONPATH=str(tmp_path), **environment)
    assert process.stderr.count("\n") == is_warned
    assert ("set TF_ENABLE_ONEDNN_OPTS=1" in process.stderr) == is_warned


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_number_of_a_closed_stream_goes_to_no_file(closed, tmp_path):
    """As `dup` of POSIX says, the next file gets the lowest number that is free."""
    source = (
        "import sys; from ivaae_tf.program import interruption; interruption.install()\n"
        f"file = open({str(tmp_path / 'file')!r}, 'w')\n"
        "print('text'); print('text', file=sys.stderr); sys.stdin.fileno()\n"
        "print(file.fileno(), sys.stdout.isatty(), file=file)"
    )
    subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, source],
        cwd=Path(__file__).parents[3],
        check=True,
    )
    number, is_terminal = (tmp_path / "file").read_text("utf-8").split()
    assert int(number) > 2
    assert is_terminal == "False"


@pytest.mark.parametrize("encoding", ["iso8859-1", "euc_jp", "ascii"])
def test_what_the_terminal_cannot_show_is_a_question_mark(encoding):
    process = subprocess.run(
        [sys.executable, "-m", "ivaae_tf", "train", "--help"],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    symbol = "μ₁".encode(encoding, "replace")
    assert b"--discriminator_weight: %b, weight" % symbol in process.stdout
    assert b"?" in symbol
    assert process.stderr == b""
