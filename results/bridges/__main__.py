"""Varies t, the encoder's objective and SVGD's bandwidth, and probes the encoders, on MNIST.

python -m results.bridges
"""

from collections.abc import Sequence

import numpy as np

from ivaae_tf.plots import charts
from results import program
from results.figures import mean_line
from results.mnist_runs import small_run
from results.page import SCORE_TITLES, Page, score_cell, score_cells, spread
from results.run import Record, Run, grouped

SEEDS = (0, 1, 2)

_PROBE = ("probe", "--num_steps=5000", "--measure_every=250")
PROBED = ("ivaae_radial", "ivaae_blockwise", "ivaae_svgd", "aae", "wae_gan", "wae_mmd")
_NUM_BRIDGES = (2, 8)  # beside 1, which is the AAE, and 4, the default
_OBJECTIVES = ("confusion", "minimax")
_BANDWIDTHS = (1, 10, 1000)  # beside 100


class Bridges(program.Study):
    """The effects of t, the objective and the bandwidth, and the quality of the features."""

    name = "bridges"
    title = "Bridges, objectives and features on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs of each variant, seed by seed."""
        return [run for seed in SEEDS for run in _variants(seed)]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "variant")
        radial, blockwise, minimax = (
            score_cell(groups[variant], "fld")
            for variant in ("ivaae_radial_t8", "ivaae_blockwise_t8", "ivaae_radial_minimax")
        )
        return (
            "at default weights, which fall with t, more bridges do not bring codes closer to the "
            f"prior (t = 8: FLD {radial} radial, {blockwise} block-wise), and Algorithm 1 as "
            f"printed does not train (FLD {minimax}). A smaller bandwidth helps SVGD, and features "
            "of IVAAEs do not classify better than features of an AAE, WAE-GAN or WAE-MMD."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds a table for each thing that varies, and the probes."""
        page.text(
            "Weights are the defaults: μ₂ = 2/(t+1), and 10 for WAE-MMD.",
        )
        groups = grouped(records, "variant")
        for title, text, variants in _TABLES:
            page.text(f"## {title}", text)
            _add_table(page, variants, groups)
        _add_probes(page, groups)


_TABLES = (
    (
        "Number of bridges",
        "t = 1 is the AAE, for both. The default μ₂ = 2/(t+1) varies with t, and so does the SSE: "
        "these are the defaults side by side, not the same reconstruction.",
        {
            f"{name}, t = {t}, μ₂ = {2 / (t + 1):.2g}": {1: "aae", 4: method}.get(
                t, f"{method}_t{t}"
            )
            for name, method in (("radial", "ivaae_radial"), ("block-wise", "ivaae_blockwise"))
            for t in (1, 2, 4, 8)
        },
    ),
    (
        "Objective of the encoder",
        "Radial, t = 4. `minimax` is Algorithm 1 as it is printed.",
        {"prior (default)": "ivaae_radial"}
        | {objective: f"ivaae_radial_{objective}" for objective in _OBJECTIVES},
    ),
    (
        "Bandwidth of SVGD",
        "`--bandwidth_scale`, t = 4.",
        {
            f"{scale:g}": "ivaae_svgd" if scale == 100 else f"ivaae_svgd_h{scale}"
            for scale in (1, 10, 100, 1000)
        },
    ),
)


def _variants(seed: int) -> list[Run]:
    runs: list[Run] = [
        small_run(method, seed, facts={"variant": method}, then=[_PROBE]) for method in PROBED
    ]
    for method in ("ivaae_radial", "ivaae_blockwise"):
        for t in _NUM_BRIDGES:
            facts = {"variant": f"{method}_t{t}"}
            runs.append(small_run(method, seed, [f"--num_bridges={t}"], facts))
    for objective in _OBJECTIVES:
        facts = {"variant": f"ivaae_radial_{objective}"}
        runs.append(small_run("ivaae_radial", seed, [f"--encoder_objective={objective}"], facts))
    for scale in _BANDWIDTHS:
        facts = {"variant": f"ivaae_svgd_h{scale}"}
        runs.append(small_run("ivaae_svgd", seed, [f"--bandwidth_scale={scale}"], facts))
    return runs


def _add_table(page: Page, variants: dict[str, str], groups: dict[str, list[Record]]) -> None:
    rows = []
    for label, variant in variants.items():
        rows.append([label, *score_cells(groups[variant])])
    page.table(["", *SCORE_TITLES], rows)


def _add_probes(page: Page, groups: dict[str, list[Record]]) -> None:
    curves = {
        method: [_probe(record) for record in groups[method]] for method in PROBED if groups[method]
    }
    if not curves:
        return
    page.text(
        "## Probe of the features (Figure 5)",
        "Test error of a perceptron that learns from the encoder's last hidden layer, frozen, in "
        "5,000 steps of 60 images; the encoder has never seen a label. As the curves are noisy, "
        f"the table has the mean of the last {_NUM_LAST} measurements, from step 4,000 on.",
    )
    rows = [
        [method, spread([probe_error(record) for record in groups[method]], 3), str(len(each))]
        for method, each in curves.items()
    ]
    page.table(["method", "test error, %", "seeds"], rows)
    lines = tuple(mean_line(method, each, (-np.inf, _HIGHEST)) for method, each in curves.items())
    chart = charts.Chart("Test error, %, mean over seeds", lines, is_linear=True)
    caption = f"Test error of the probe while it trains; those above {_HIGHEST} % are left out."
    page.figure("probe", charts.draw([chart], "steps"), caption)


_NUM_LAST = 5
_HIGHEST = 12


def probe_error(record: Record) -> float:
    """Returns the mean of the probe's last test errors, in percent."""
    _, errors = _probe(record)
    return float(np.mean(errors[-_NUM_LAST:]))


def _probe(record: Record) -> tuple[list[int], list[float]]:
    rows = record.outcome.tables["probe"]
    return [int(row["step"]) for row in rows], [100 * float(row["test_error"]) for row in rows]


if __name__ == "__main__":
    program.run(Bridges())
