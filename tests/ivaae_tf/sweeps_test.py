"""Cells, runner and table of sweeps, with fake trainings."""

import itertools
import json
import random
import re
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from ivaae_tf.metrics.score import Score
from ivaae_tf.program.atomic_files import locked
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.score_file import merge_scores
from ivaae_tf.sweeps import table
from ivaae_tf.sweeps.cells import name_of, parse_variation, product
from ivaae_tf.sweeps.runner import Job
from ivaae_tf.sweeps.runs import SweptRun, complete
from tests.interrupted_sweep import runs as counting_runs
from tests.mains import REPOSITORY

VARIATIONS = {"latent_weight": ["0.4", "1.2", "4"], "num_bridges": ["1", "4"]}


def test_the_cells_are_the_product():
    cells = product(VARIATIONS)
    assert [tuple(cell.values()) for cell in cells] == [
        *itertools.product(*VARIATIONS.values()),
    ]
    assert name_of(cells[0]) == "latent_weight=0.4,num_bridges=1"
    assert product({}) == [{}]


def test_a_product_without_end_is_refused():
    with pytest.raises(UserError, match="100,000 combinations; expected at most 10,000"):
        product({name: list("0123456789") for name in "abcde"})


def test_a_variation():
    assert parse_variation("learning-rate=1e-4,1e-3") == ("learning_rate", ["1e-4", "1e-3"])
    for text in ("latent_weight", "=1", "a=", "a=1,,2", "a=b/c", "a=..\n", "a=é", "a=1 2"):
        with pytest.raises(UserError, match=f"^--vary={re.escape(text)}: "):
            parse_variation(text)


class FakeRun(SweptRun):
    """A run whose one command is a program of Python."""

    @property
    def job(self):
        return Job(self.folder, [["-c", *each] for each in self.commands])


def fake_runs(workdir, *programs):
    return [
        FakeRun({"index": str(index)}, workdir / f"index={index}" / "seed=0", [[program, "train"]])
        for index, program in enumerate(programs)
    ]


def test_a_failing_run_is_one_line_and_the_others_go_on(tmp_path, capfd):
    runs = fake_runs(tmp_path, "pass", "raise SystemExit('\\nerror: no data')", "pass")
    assert complete(tmp_path, runs, num_processes=1, minutes=1) == 1
    lines = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
    log = tmp_path / "index=1" / "seed=0.log"
    line = f"index=1/seed=0: train exited with status 1: error: no data (see {log})"
    assert [each.strip() for each in lines] == [line]
    assert [run.is_finished for run in runs] == [True, False, True]
    # Only the failed one is run again.
    for run in runs:
        run.job.log.unlink()
    assert complete(tmp_path, runs, num_processes=1, minutes=1) == 1
    assert [run.job.log.exists() for run in runs] == [False, True, False]


def test_another_command_is_not_finished_and_another_place_is(tmp_path):
    run = SweptRun({}, tmp_path / "a" / "seed=0", [["train", "--epochs=1"]])
    run.set_finished()
    assert not SweptRun({}, run.folder, [["train", "--epochs=2"]]).is_finished
    (tmp_path / "a").rename(tmp_path / "b")
    assert SweptRun({}, tmp_path / "b" / "seed=0", run.commands).is_finished


def test_two_runs_at_a_time_share_the_cores(tmp_path):
    text = "import os; print(os.environ['TF_NUM_INTRAOP_THREADS'])"
    runs = fake_runs(tmp_path, text, text)
    complete(tmp_path, runs, num_processes=2, minutes=1)
    cores = len(psutil.Process().cpu_affinity())
    assert [run.job.log.read_text() for run in runs] == [f"{max(1, cores // 2)}\n"] * 2


def test_a_second_sweep_in_the_folder_is_refused(tmp_path):
    with (
        locked(tmp_path / ".lock"),
        pytest.raises(UserError, match="--workdir: another sweep is running in"),
    ):
        complete(tmp_path, [], num_processes=1, minutes=1)


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("name", "status"), [("kill", -9), ("terminate", -15)])
def test_a_sweep_that_ends_at_any_moment_resumes(name, status, tmp_path):
    """No process of it stays, and each run continues where it was."""
    command = [sys.executable, "-m", "tests.interrupted_sweep", str(tmp_path)]
    chance = random.Random(0)
    for _ in range(2):
        sweep = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*/seed=0/.lock")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5))
        children = psutil.Process(sweep.pid).children()
        getattr(sweep, name)()
        assert sweep.wait() == status
        # At once, while a child may be ending.
    assert subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False).returncode == 0
    assert not any(map(is_running, children))
    for run in counting_runs(tmp_path):
        assert run.is_finished
        assert (run.folder / "numbers").read_text() == "".join(f"{n} " for n in range(20))


def score(name, value, epoch=4, better=False, **conditions):
    return Score(name, value, better, 0.5, conditions, epoch)


@pytest.fixture
def swept(tmp_path):
    """Two cells with three seeds; the last run of the second is not finished."""
    runs = []
    for weight, values in {"1": (1.0, 2.0, 6.0), "4": (2.0, 2.0, 2.0)}.items():
        for seed, value in enumerate(values):
            run = SweptRun({"weight": weight}, tmp_path / weight / f"seed={seed}", [["train"]])
            run.folder.mkdir(parents=True)
            scores = [
                score("fld", 50.0, epoch=2),  # not the latest
                score("fld", value),
                score("ssim", 1 / value, better=True),
                score("sharpness", value, better=None, of="samples"),
            ]
            merge_scores(run.folder / "scores.json", scores)
            runs.append(run)
    for run in runs[:-1]:
        run.set_finished()
    return runs


def test_the_table_has_means_of_the_latest_scores_and_standard_errors(swept):
    rows = table.rows_of(swept)
    assert [row.cell for row in rows] == [{"weight": "1"}, {"weight": "4"}]
    mean = rows[0].means["fld"]
    assert mean.value == 3
    # The standard deviation of 1, 2 and 6 is √7.
    np.testing.assert_allclose(mean.standard_error, np.sqrt(7 / 3))
    header, first, second = table.to_table(rows).decode().splitlines()
    assert header.startswith("weight,seeds,fld,fld_standard_error,ssim,ssim_standard_error,sharp")
    assert first.startswith("1,3,3,1.5275252,") and second.startswith("4,2,2,0,")
    assert table.to_text(rows, ["fld"]).splitlines() == [
        "weight  seeds      fld",
        "1           3  3 ± 1.5",
        "4           2    2 ± 0",
    ]


def test_the_best_cell_has_all_seeds_and_fulfills_the_conditions(swept):
    def best(name, *conditions):
        conditions = [table.parse_condition(text) for text in conditions]
        return table.best_row(table.rows_of(swept), name, conditions)

    assert best("fld").cell == {"weight": "1"}  # The other is not complete.
    swept[-1].set_finished()
    assert best("fld").cell == {"weight": "4"}
    assert best("ssim").cell == {"weight": "1"}  # Higher is better: its mean is 0.556.
    assert best("fld", "ssim>=0.55").cell == {"weight": "1"}
    assert best("fld", "ssim>=0.55", "fld<=2.9") is None
    content = json.loads(table.to_json(best("fld")))
    assert content["flags"] == {"weight": "4"} and len(content["runs"]) == 3
    with pytest.raises(UserError, match="--best: expected one of fld, ssim; found 'sharpness_of_s"):
        best("sharpness_of_samples")
    with pytest.raises(UserError, match="--where: expected one of fld, ssim, sharpness_of_samples"):
        best("fld", "ssin<=1")
    for text in ("fld", "fld<3", "fld<=", "fld<=x", "fld<=nan", "<=3"):
        with pytest.raises(UserError, match=f"^--where={re.escape(text)}: expected a score and"):
            table.parse_condition(text)


def test_no_score_is_no_best_cell(tmp_path):
    run = SweptRun({}, tmp_path / "seed=0", [["train"]])
    assert table.best_row(table.rows_of([run]), "fld", []) is None
    assert table.to_text(table.rows_of([run])) == "seeds\n0"
