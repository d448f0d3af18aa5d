"""Environment variables before TensorFlow's import, and messages during it."""

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
    "modules", ["ivaae_tf.program.startup, tensorflow", "ivaae_tf, keras, tensorflow"]
)
def test_the_import_says_nothing(modules):
    """In a main, and in a script of the user's own."""
    process = run(f"import {modules}; print(tensorflow.__version__)")
    assert process.stdout.startswith("2.")
    assert process.stderr == ""


@pytest.mark.parametrize("module", ["ivaae_tf.program.startup", "ivaae_tf, tensorflow"])
def test_what_is_not_expected_is_said(module, tmp_path):
    """A fake TensorFlow writes to the file descriptor, as C++ code does."""
    (tmp_path / "tensorflow.py").write_text(
        "import os; os.write(2, b'I0000 cudart_stub.cc:31] no GPU\\nsomething is wrong\\n')"
    )
    process = run(f"import {module}", PYTHONPATH=str(tmp_path))
    assert process.stderr == "something is wrong\n"


def test_a_closed_standard_error_is_no_error(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    source = "import ivaae_tf.program.startup; print('there')"
    assert run(source, closed=True, PYTHONPATH=str(tmp_path)).stdout == "there\n"


@pytest.mark.parametrize(
    ("is_on", "chosen", "is_warned"),
    [(False, None, True), (False, "1", True), (False, "0", False), (True, None, False)],
)
def test_slow_kernels_are_warned_of(is_on, chosen, is_warned, tmp_path):
    """A fake TensorFlow, imported first, says whether its oneDNN kernels are on."""
    port = tmp_path / "tensorflow" / "python" / "util" / "_pywrap_util_port.py"
    port.parent.mkdir(parents=True)
    (tmp_path / "tensorflow" / "__init__.py").touch()
    port.write_text(f"def IsMklEnabled(): return {is_on}")
    environment = {} if chosen is None else {"TF_ENABLE_ONEDNN_OPTS": chosen}
    process = run("import tensorflow, ivaae_tf", PYTHONPATH=str(tmp_path), **environment)
    assert process.stderr.count("\n") == is_warned
    assert ("set TF_ENABLE_ONEDNN_OPTS=1" in process.stderr) == is_warned
