"""Trains every method on MNIST with the networks and images of the paper, at its best weight.

python -m results.full_size
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.methods import METHODS
from ivaae_tf.plots import heat_maps
from ivaae_tf.reporting.paper import REPORTED
from results import program
from results.mnist_runs import RATES, mnist_run
from results.page import SCORES, Page, markdown_table, number
from results.run import Record, Run, covariance, picture_path
from results.trade_off.__main__ import TradeOff, best_weight, weight_flag

# Method -> the weight with the best samples in the trade-off; a test compares them.
BEST_WEIGHTS: Mapping[str, float] = {
    "ivaae_blockwise": 4,
    "ivaae_radial": 4,
    "ivaae_svgd": 4,
    "aae": 1,
    "wae_gan": 1,
    "wae_mmd": 100,
    "vae": 0.4,
    "infovae": 100,
    "two_stage_vae": 0.1,
    "rae_l2": 0.001,
    "rae_gp": 0.001,
    "rae_sn": 0.0001,
}

_TRAIN = (
    *("--epochs=20", "--lr_decay_epochs=7,13", "--cache=memory", "--evaluate_every=0"),
    *RATES["d_ten_times"].flags,  # The paper's are for 300 epochs.
)
_COLUMNS = 3  # of pictures on the page
_SECOND_STAGE = ("--epochs=20", "--width=0.25")


class FullSize(program.Study):
    """One model of each method at full size."""

    name = "full_size"
    title = "Full size on MNIST"

    def runs(self) -> list[Run]:
        """Returns one run of each method whose weight is known, the paper's methods first."""
        paper = [method for method in BEST_WEIGHTS if method in REPORTED["mnist"]]
        others = [method for method in BEST_WEIGHTS if method not in paper]
        return [_run(method) for method in (*paper, *others)]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        flds, distances = (
            {
                str(record.fact("method")): number(record.score(name, **conditions).value)
                for record in records
                if record.fact("method") in REPORTED["mnist"] or record.fact("method") == "aae"
            }
            for name, conditions in (
                ("fld", {}),
                ("frechet_classifier", {"sampler": "prior"}),
            )
        )
        radial, blockwise = "ivaae_radial", "ivaae_blockwise"
        return (
            "at full size, with one seed and 20 epochs, bridges show no advantage over an AAE: FLD "
            f"{flds[radial]} (radial) and {flds[blockwise]} (block-wise) against {flds['aae']}, "
            f"Fréchet distance {distances[radial]} and {distances[blockwise]} against "
            f"{distances['aae']}. Codes of WAE-GAN ({flds['wae_gan']}) and WAE-MMD "
            f"({flds['wae_mmd']}) are closer to the prior."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table beside the paper's, the covariances and the pictures."""
        page.text(
            "MNIST at 64×64 pixels and the networks of Table 3, as in the paper, but 20 epochs "
            "instead of 300, with [ten times its learning rates](../rates/README.md), and λ = 1. "
            "One seed. The weight of each method is the one with the lowest "
            "Fréchet distance in [the trade-off](../trade_off/README.md), on smaller networks.",
            "The Fréchet distance, precision and recall are of 20,000 samples: of the prior (of "
            "the second stage for `two_stage_vae`), and of a mixture of ten Gaussians that is "
            "fitted to the codes. The paper's FLD compares with ours; its FID is of another "
            "network, and does not compare with our Fréchet distance.",
        )
        paper = REPORTED["mnist"]
        rows = []
        for record in records:
            method = str(record.fact("method"))
            cell = paper.get(method)
            reported = ["–", "–"]
            if cell:
                reported = [
                    "–" if value is None else f"{value:g}" for value in (cell.fld, cell.fid)
                ]
            prior, mixture = (_of_samples(record, each) for each in _samplers(method))
            weight = f"{record.fact('weight'):g}"
            rows.append([method, weight, *_of_codes(record), *prior, *mixture, *reported])
        of_samples = ("Fréchet distance", "precision", "recall")
        header = ["method", "weight", "SSE", "FLD", *of_samples]
        header += [f"{name}, mixture" for name in of_samples]
        header += ["FLD, Table 2", "FID, Table 1"]
        page.table(header, rows)
        if records:
            _add_pictures(page, records)


def short_table(records: Sequence[Record]) -> str:
    """Returns a table in Markdown, with new images of each method's own sampler."""
    rows = []
    for record in records:
        method = str(record.fact("method"))
        sampler = METHODS[method].sampler
        rows.append([f"`{method}`", sampler, *_of_codes(record), *_of_samples(record, sampler)])
    return markdown_table(["method", "sampler", *SCORES.values()], rows)


def _of_codes(record: Record) -> list[str]:
    return [number(record.score(name).value, 3) for name in ("reconstruction_sse", "fld")]


def _of_samples(record: Record, sampler: str) -> list[str]:
    names = ("frechet_classifier", "precision_classifier", "recall_classifier")
    return [number(record.score(name, sampler=sampler).value, 3) for name in names]


def _add_pictures(page: Page, records: Sequence[Record]) -> None:
    names = [str(record.fact("method")) for record in records]
    matrices = [covariance(record) for record in records]
    page.text("## Covariance of the codes (Figure 6)")
    page.figure(
        "covariance",
        heat_maps.draw([np.abs(matrix) for matrix in matrices], names),
        "|covariance| of validation codes; the identity if they follow the prior. Values above 2 "
        "have the color of 2, as all of `rae_sn`.",
    )
    captions = {
        "samples": "New images, not selected: of the prior, or of a single Gaussian that is fitted "
        "to the codes for the RAEs and the two-stage VAE.",
        "reconstructions": "Test images; each row has its reconstructions below it.",
    }
    for name, caption in captions.items():
        page.text(f"## {name.capitalize()}", caption)
        pictures = [_picture(record, name) for record in records]
        for first in range(0, len(records), _COLUMNS):
            columns = slice(first, first + _COLUMNS)
            page.table(names[columns], [pictures[columns]])


def _picture(record: Record, name: str) -> str:
    path = picture_path(Path("records", f"{record.run.name}.json"), name)
    return f"![{name} of {record.fact('method')}]({path})"


def _samplers(method: str) -> tuple[str, str]:
    """Returns the names of the two samplers that are scored."""
    return ("second_stage" if method == "two_stage_vae" else "prior"), "gmm"


def _run(method: str) -> Run:
    weight = BEST_WEIGHTS[method]
    return mnist_run(
        method,
        {"weight": weight, "seed": 0},
        train=(*_TRAIN, "--seed=0", f"--{weight_flag(method)}={weight:g}"),
        second_stage=(*_SECOND_STAGE, "--seed=0"),
        evaluate=("--num_samples=20000", *(f"--sampler={each}" for each in _samplers(method))),
        keeps_pictures=True,
    )


def weights_of_the_trade_off() -> dict[str, float]:
    """Returns method -> weight with the lowest Fréchet distance, if all its weights were run."""
    records = TradeOff().records()
    found = {method: best_weight(records, method) for method in BEST_WEIGHTS}
    return {method: weight for method, weight in found.items() if weight is not None}


if __name__ == "__main__":
    program.run(FullSize())
