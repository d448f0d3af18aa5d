"""The paper's numbers and settings are those of the flagfiles, cell by cell."""

import dataclasses
import json
from pathlib import Path

import pytest
from absl.testing import flagsaver

from ivaae_tf import methods, options, train
from ivaae_tf.interventions import SVGDIntervention
from ivaae_tf.reporting import paper
from pipelines import flagfiles

FLAGS = Path(__file__).parents[3] / "flags"
CELLS = [
    (data_set, method)
    for data_set in paper.DATA_SETS
    for method in methods.METHODS
    if (FLAGS / f"{data_set}_{method}.flags").exists()
]


@pytest.mark.parametrize(("data_set", "method"), CELLS)
def test_settings_are_those_of_the_flagfile(data_set, method):
    with flagsaver.flagsaver():
        arguments = flagfiles.expand([f"--flagfile={data_set}_{method}", "--workdir=w"])
        train.FLAGS(["train", *arguments])
        settings = options.Settings.from_flags(train.FLAGS)
        assert train.FLAGS.epochs == paper.EPOCHS
    # As a run records them: defaults of the method resolved, tuples as lists.
    row = methods.METHODS[method]
    t = settings.num_bridges or (methods.DEFAULT_NUM_BRIDGES if row.bridges else 1)
    mu_2 = settings.latent_weight or methods.default_latent_weight(row, t)
    h = SVGDIntervention(t).bandwidth_scale if "bandwidth_scale" in row.options else None
    recorded = dataclasses.replace(settings, num_bridges=t, latent_weight=mu_2, bandwidth_scale=h)
    recorded = json.loads(json.dumps(dataclasses.asdict(recorded)))
    assert recorded.pop("seed") == 0
    assert recorded.pop("shuffle_buffer") > 0
    assert paper.settings(data_set, method) == recorded


@pytest.mark.parametrize(("data_set", "method"), CELLS)
def test_numbers_are_those_of_the_flagfile(data_set, method):
    text = (FLAGS / f"{data_set}_{method}.flags").read_text()
    reported = paper.REPORTED[data_set].get(method)
    if reported is None:
        assert "gives no FID and no FLD" in text
        return
    fid = "not legible" if reported.fid is None else f"{reported.fid:g}"
    assert f"FID {fid} (Table 1)" in text
    (found,) = [line for line in text.splitlines() if "(Table 2)" in line]
    assert float(found.split("FLD ")[1].split(" ")[0]) == reported.fld


def test_every_number_has_a_flagfile():
    cells = {
        (data_set, method) for data_set in paper.REPORTED for method in paper.REPORTED[data_set]
    }
    assert cells <= set(CELLS)
