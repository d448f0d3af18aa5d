"""`--help` of a command lists its flags by topic, also those shared with other commands."""

import subprocess
import sys

import pytest

from ivaae_tf.commands import COMMANDS
from tests.mains import Main
from tests.written_runs import fld, write_run

WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None  # so that importing them fails
from ivaae_tf.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module, shared_flag",
    [
        ("train", "method"),
        ("evaluate", "num_codes"),
        ("stability", "data_dir"),
        ("prepare", "dataset"),
    ],
)
def test_shared_flags_are_listed(module, shared_flag):
    finished = Main(module, "--helpshort").wait()
    assert finished.returncode == 0, finished.stderr
    assert f"\n  --{shared_flag}: " in finished.stdout
    assert "tensorflow_datasets" not in finished.stdout


def test_the_flags_of_training_stand_by_topic_and_ten_of_them_first():
    page = Main("train", "--help").wait().stdout
    sections = {
        section.partition(":\n")[0]: section.count("\n  --") for section in page.split("\n\n")
    }
    assert sections["Flags that matter most"] == 10
    titles = ["Flags that matter most", "Run", "Data", "Model and loss", "Optimization", "Machine"]
    assert [title for title in sections if title in titles] == titles
    assert "Flags" not in sections  # Each has a topic.
    assert page.count("\n  --epochs: ") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_help_and_wrong_flags_do_not_wait_for_tensorflow(name):
    """A process without TensorFlow gives the help, and refuses a flag that does not exist."""
    for argument, status in (("--help", 0), ("--no_such_flag=1", 1)):
        finished = subprocess.run(
            [sys.executable, "-c", WITHOUT_TENSORFLOW, name, argument],
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == status, finished.stderr
    assert finished.stderr.startswith("error: Unknown command line flag")


def test_a_report_is_made_without_tensorflow(tmp_path):
    runs = [write_run(tmp_path / name, scores=[fld(0.1, 4)]) for name in ("a", "b")]
    arguments = ["report", *map(str, runs), f"--out={tmp_path / 'report'}"]
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "report" / "index.html").exists()
