"""The paper's numbers equal those at the tops of the flagfiles, cell by cell."""

import pytest

from ivaae_tf import methods
from ivaae_tf.program import flagfiles
from ivaae_tf.reporting import paper

CELLS = [
    (data_set, method)
    for data_set in paper.DATA_SETS
    for method in methods.METHODS
    if (flagfiles.FOLDER / f"{data_set}_{method}.flags").exists()
]


@pytest.mark.parametrize(("data_set", "method"), CELLS)
def test_a_cell_is_that_of_its_flagfile(data_set, method):
    cell = paper.cell(data_set, method)
    assert (cell.settings.dataset, cell.settings.method) == (data_set, method)
    # Section 4: 64×64 pixels, λ = 1, and t = 4 for every method with bridges.
    assert cell.settings.image_size == 64
    assert cell.settings.reconstruction_weight == 1
    assert cell.settings.num_bridges == (4 if methods.METHODS[method].has_bridges else 1)
    assert cell.epochs == 300


# Section 4: learning rates of E, G and D; the epochs of their decay, and the factors.
SCHEDULES = {
    "mnist": ((5e-5, 1e-4, 1e-4), (100, 200), (0.5, 0.5)),
    "celeb_a": ((1e-3, 1e-3, 5e-4), (30, 50, 100), (0.5, 0.2, 0.1)),
    "cifar10": ((1e-3, 1e-3, 5e-4), (30, 50, 100), (0.5, 0.2, 0.1)),
}


@pytest.mark.parametrize(
    ("data_set", "method"), [cell for cell in CELLS if cell[1] in paper.REPORTED[cell[0]]]
)
def test_learning_rates_and_sizes_are_the_papers(data_set, method):
    settings = paper.cell(data_set, method).settings
    rates = [
        getattr(settings, f"learning_rate_{name}")
        for name in ("encoder", "decoder", "discriminator")
    ]
    found = (tuple(rates), settings.lr_decay_epochs, settings.lr_decay_factors)
    assert found == SCHEDULES[data_set]
    sizes = {"mnist": (16, 64), "celeb_a": (64, 100), "cifar10": (128, 128)}
    assert (settings.latent_dim, settings.batch_size) == sizes[data_set]


@pytest.mark.parametrize(("data_set", "method"), CELLS)
def test_numbers_are_those_of_the_flagfile(data_set, method):
    text = (flagfiles.FOLDER / f"{data_set}_{method}.flags").read_text()
    reported = paper.REPORTED[data_set].get(method)
    if reported is None:
        assert "reports neither FID nor FLD" in text
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
