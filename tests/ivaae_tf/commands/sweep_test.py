"""The command `sweep`: its flags, and a sweep of one run; `sweeps_test.py` has the rest."""

import csv
import json
import shlex

import numpy as np
import pytest

from tests.chaos.runs import state
from tests.ivaae_tf.conftest import TINY
from tests.mains import Main, run


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            ["--vary=latent_wight=1,2"],
            "--vary=latent_wight=1,2: latent_wight is not a flag of a training; did you mean "
            "latent_weight?",
        ),
        (
            ["--vary=latent_weight=1,-1"],
            "flag --latent_weight=-1: expected 0, or a number between 1e-37 and 1000000000",
        ),
        (["--vary=method=aae,vea"], "flag --method=vea: value should be one of <"),
        (["--vary=latent_weight=1,1.0"], "--vary=latent_weight=1,1.0: 1.0 is given twice"),
        (
            ["--vary=latent_weight=1", "--vary=latent-weight=2"],
            "--vary=latent-weight=2: another --vary has latent_weight, too",
        ),
        (["--vary=workdir=a,b"], "--vary=workdir=a,b: workdir is not a flag of a training"),
        (
            ["--vary=seed=1,2"],
            "--vary=seed=1,2: --seeds sets the number of seeds, --seed the first",
        ),
        (
            ["--vary=lr_decay_epochs=3"],
            "lr_decay_epochs and lr_decay_factors must be equally many. Received: [3] and []",
        ),
        (["--where=fld<=1"], "--where is a condition for --best, which is not given"),
        (["--best=fld", "--where=fld<1"], "--where=fld<1: expected a score and a bound, such as "),
    ],
)
def test_a_wrong_sweep_is_refused_before_anything_runs(flags, line, tmp_path, one_line_error):
    finished = run("sweep", *TINY, f"--workdir={tmp_path / 'sweep'}", *flags)
    assert one_line_error(finished).startswith(f"error: {line}")
    assert not (tmp_path / "sweep").exists()


def test_a_dry_run_prints_the_commands_with_each_flag_of_a_training(tmp_path):
    workdir = tmp_path / "a sweep"
    flags = ["--vary=num_bridges=1,4", "--vary=learning-rate=1e-4", "--seeds=2", "--seed=3"]
    flags += ["--mixed_precision=auto", "--nohorizontal_flip", "--data_dir=data", "--evaluate"]
    flags += ["--extractor=none", "--allow_change=learning_rate_decoder"]
    finished = run("sweep", *TINY, f"--workdir={workdir}", *flags, "--dry_run")
    assert finished.returncode == 0, finished.stderr
    assert not workdir.exists()
    commands = list(map(shlex.split, finished.stdout.splitlines()))
    folders = [
        f"--workdir={workdir}/num_bridges={value},learning_rate=1e-4/seed={seed}"
        for value in (1, 4)
        for seed in (3, 4)
    ]
    trainings, evaluations = commands[::2], commands[1::2]
    assert [command[-1] for command in trainings] == folders
    given = {"--lr_decay_epochs=", "--mixed_precision=auto", "--horizontal_flip=false"}
    given |= {"--learning_rate_encoder=0.0001", "--learning_rate_decoder=0.0001", "--seed=4"}
    given |= {"--num_bridges=4", "--allow_change=learning_rate_decoder", "--width=0.05"}
    assert given < set(trainings[-1])
    assert evaluations[0] == [
        "ivaae",
        "evaluate",
        "--extractor=none",
        "--data_dir=data",
        folders[0],
    ]


def test_a_run_of_a_sweep_is_the_run_of_its_command(finished_run, data_dir, tmp_path):
    """Bit for bit; the run refuses other settings, and `--minutes=0` only writes the table."""
    workdir = tmp_path / "sweep"
    command = ("sweep", *TINY, "--epochs=2", f"--data_dir={data_dir}", f"--workdir={workdir}")
    command += ("--vary=latent_weight=1.5",)
    finished = run(*command)
    assert finished.returncode == 0, finished.stderr
    assert "1 of 1 runs are finished" in finished.stdout
    folder = workdir / "latent_weight=1.5" / "seed=0"
    found, expected = state(folder), state(finished_run)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    histories = [json.loads((each / "history.json").read_text()) for each in (folder, finished_run)]
    assert histories[0] == histories[1]

    refused = run(*command, "--latent_dim=4")
    assert refused.returncode == 1
    assert "latent_weight=1.5/seed=0: train exited with status 1: error: --la" in refused.stderr
    assert refused.stderr.endswith("\nerror: 1 of 1 runs failed\n")

    (workdir / "sweep.csv").unlink()
    log = (workdir / "latent_weight=1.5" / "seed=0.log").read_text()
    assert "--latent_dim: the run in" in log
    assert run(*command, "--minutes=0").returncode == 0
    assert (workdir / "latent_weight=1.5" / "seed=0.log").read_text() == log
    with (workdir / "sweep.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"latent_weight": "1.5", "seeds": "1"}]


def test_the_help_has_the_flags_of_the_sweep_alone():
    page = Main("sweep", "--help").wait().stdout
    assert "\n  --vary: " in page and "ivaae help train" in page
    assert "--latent_weight: " not in page and len(page.splitlines()) < 50
