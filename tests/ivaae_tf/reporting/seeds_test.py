"""Runs that differ in the seed alone, against means and deviations by hand."""

import csv
import io

import numpy as np
import pytest

from ivaae_tf.reporting.contents import build_report
from ivaae_tf.reporting.seeds import seed_blocks, seed_groups
from tests.written_runs import fld


@pytest.fixture
def three(make_run):
    """Three seeds of a method; the last score of one run stands alone."""
    values = (0.2, 0.5, 0.6)
    return [
        make_run(f"seed{seed}", seed=seed, scores=[fld(value, 2), *([fld(9.0, 4)] * (seed == 0))])
        for seed, value in enumerate(values)
    ]


def test_groups_have_the_same_settings_except_for_the_seed(three, make_run):
    other = make_run("other", seed=7, latent_weight=0.125)
    same_seed = make_run("again", seed=7, latent_weight=0.125)
    repeated = make_run("repeated", seed=2, scores=[fld(0.9, 2)])
    groups = seed_groups([*three, other, same_seed, repeated])
    assert list(groups) == ["seed0 and 2 more"]
    assert [run.settings.seed for run in groups["seed0 and 2 more"]] == [0, 1, 2]
    assert seed_blocks([three[0], other]) == []


def test_a_row_is_the_mean_and_the_deviation_of_an_epoch_that_all_have(three):
    _, table, _ = seed_blocks(three)
    (row,) = table.splitlines()[2:]
    text = f"{np.mean([0.2, 0.5, 0.6]):.4g} ± {np.std([0.2, 0.5, 0.6], ddof=1):.2g}"
    assert row.startswith("| FLD<br>")
    assert row.endswith(f"| {text}<br><small>3 seeds, epoch 2</small> |")


def test_the_bands_come_with_their_data(three):
    figure = seed_blocks(three)[-1]
    rows = list(csv.DictReader(io.StringIO(figure.data["seeds.csv"].decode())))
    assert {row["epoch"] for row in rows} == {"1", "2", "3", "4"}
    assert all(float(row["deviation"]) == 0 for row in rows)  # All have the same history.
    first = next(row for row in rows if row["name"] == "js_estimate" and row["epoch"] == "4")
    assert float(first["mean"]) == 0.25


def test_the_report_has_the_section_only_for_seeds(three):
    assert "Seeds together" in build_report(three).sections
    assert "Seeds together" not in build_report(three[:1]).sections
