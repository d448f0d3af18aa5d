"""`--help` of a command lists its flags by topic, also those shared with other commands."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from ivaae_tf.commands import COMMANDS, train
from ivaae_tf.methods import METHODS
from tests.mains import REPOSITORY, Main
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


def test_a_required_flag_a_range_and_a_default_are_in_the_help():
    page = Main("train", "--help").wait().stdout
    assert "  --workdir: Folder of the run. (required)\n" in page
    assert "(default: 64; 8 to 1024)" in page and "(default: 300; from 1)" in page
    for command in ("evaluate", "stability"):
        assert "repeat this option" not in Main(command, "--help").wait().stdout


def test_the_full_help_has_the_flags_of_libraries_too():
    finished = Main("report", "--helpfull").wait()
    assert finished.returncode == 0, finished.stderr
    assert "--out: " in finished.stdout and "--verbosity: " in finished.stdout


def test_help_of_a_command_is_the_same_in_both_ways_and_with_dashes():
    pages = [
        Main(*arguments).wait().stdout
        for arguments in (("second_stage", "--help"), ("help", "second-stage"))
    ]
    assert pages[0] == pages[1]
    assert pages[0].startswith("Trains a second stage")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("train",), "--workdir is required: Folder of the run (ivaae train --help)"),
        (
            ("probe", "--out=x"),
            "--workdir is required: Folder of a finished run; repeatable (ivaae probe --help)",
        ),
        (
            ("train", "--workdir=x", "--epochs=many"),
            "flag --epochs=many: expected an integer between 1 and 1,000,000",
        ),
        (
            ("train", "--workdir=x", "--learning-rate=-1"),
            "flag --learning_rate_encoder=-1: expected a number between 1e-12 and 10",
        ),
        (("list", "runs"), "expected methods, flagfiles, datasets; found 'runs'"),
        (("show",), "no run given; expected its folder: ivaae show RUN"),
        (("completion",), "expected bash or zsh; found 'nothing'"),
    ],
)
def test_a_wrong_command_line_says_what_is_expected(arguments, line):
    finished = Main(*arguments).wait()
    assert (finished.returncode, finished.stderr) == (1, f"error: {line}\n")


def test_a_short_form_sets_its_flags_where_it_stands():
    train.COMMAND.declare()
    arguments = ["--workdir=x", "--learning-rate-decoder=3", "--learning-rate=2"]
    with flagsaver.flagsaver():
        train.COMMAND.parse(["ivaae train", *arguments, "--learning_rate_encoder=1"])
        rates = [flags.FLAGS[f"learning_rate_{name}"].value for name in ("encoder", "decoder")]
    assert rates == [1, 2]


def test_all_names_are_listed():
    printed = Main("list").wait().stdout
    for name in (*METHODS, "demo", "photos", "digits", "huggingface:OWNER/NAME"):
        assert f"\n  {name} " in printed


def test_a_run_is_shown_with_its_scores_and_what_to_do_next():
    printed = Main("show", "tests/golden/run").wait().stdout
    assert "method    ivaae_svgd: Intervention AAE" in printed
    assert re.search(r"\nfld +2 +67\.002 ", printed)
    assert "  ivaae export --workdir=tests/golden/run --out=" in printed


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [("ivaae ev", "evaluate"), ("ivaae film --pi", "--pictures=samples --pictures=recon")],
)
def test_the_completion_of_bash(typed, expected, tmp_path):
    program = tmp_path / "ivaae"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ivaae_tf "$@"\n')
    program.chmod(0o755)
    script = 'eval "$(ivaae completion bash)"; COMP_LINE="$1"; COMP_POINT=${#1}; COMP_WORDS=($1); '
    script += 'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ivaae; echo "${COMPREPLY[*]}"'
    finished = subprocess.run(
        ["bash", "-c", script, "bash", typed],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.startswith(expected), finished.stderr


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


def test_equal_ranges_of_integers_and_of_numbers_are_two():
    train.COMMAND.declare()
    arguments = ["--workdir=x", "--latent_weight=1.5", "--checkpoint_every_steps=2"]
    with flagsaver.flagsaver():
        train.COMMAND.parse(["ivaae train", *arguments])
        assert flags.FLAGS["latent_weight"].value == 1.5
    with pytest.raises(flags.Error, match="expected an integer"):
        train.COMMAND.parse(["ivaae train", "--workdir=x", "--checkpoint_every_steps=1.5"])
