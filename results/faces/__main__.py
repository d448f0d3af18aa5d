"""Trains small convolutional models on 10,000 faces of CelebA.

python -m results.faces --image_folder=celebA --num_processes=1
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ivaae_tf.plots import heat_maps
from results import program
from results.collapse.__main__ import SCHEDULES
from results.page import Page, fld_of_prior, score_cell, score_difference, score_ratio
from results.run import Facts, IvaaeRun, Record, Run, covariance, grouped

SEEDS = (0, 1, 2)
EPOCHS = 12
_EMA_DECAY = "--ema_decay=0.99"  # the average of about an epoch of 90 steps

# Variant -> method, weight and further flags: the default weights, and WAE-MMD's of CelebA.
VARIANTS: Mapping[str, tuple[str, float, tuple[str, ...]]] = {
    "ivaae_radial": ("ivaae_radial", 0.4, ()),
    "aae": ("aae", 1, ()),
    "ivaae_blockwise_random": ("ivaae_blockwise", 0.4, ("--block_order=random",)),
    "wae_mmd": ("wae_mmd", 100, ()),
    "wae_gan": ("wae_gan", 1, ()),
}

_TRAIN = (
    *("--dataset=folder", "--crop=70", "--width=0.125", f"--epochs={EPOCHS}"),
    *(*SCHEDULES["constant"][0], "--learning_rate_discriminator=2e-3", _EMA_DECAY),
    *("--cache=memory", "--evaluate_every=0", f"--pictures_every={EPOCHS}"),
)
_EVALUATE = ("evaluate", "--extractor=none", "--num_samples=1000")
_SSE = "reconstruction_sse"
_SCORES = {_SSE: "SSE", "fld": "FLD", "ssim": "SSIM"}


class Faces(program.Study):
    """Codes and reconstructions of faces."""

    name = "faces"
    title = "Faces of CelebA: codes and reconstructions"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [_run(variant, seed) for seed in SEEDS for variant in VARIANTS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "variant")
        radial, aae = groups["ivaae_radial"], groups["aae"]
        texts = [
            f"{score_ratio(radial, groups[other], 'fld')} times {name}'s"
            for other, name in (("wae_gan", "WAE-GAN"), ("wae_mmd", "WAE-MMD"), ("aae", "an AAE"))
        ]
        return (
            f"after {EPOCHS} epochs with default weights, radial IVAAE's FLD is "
            f"{', '.join(texts)}; its SSE differs from the AAE's by "
            f"{score_difference(radial, aae, _SSE)}."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the scores, the comparisons and the covariances."""
        page.text(
            "The first 10,000 aligned images of CelebA (000001 to 010000) at half size, 89×109 "
            "pixels; `--image_folder` has these JPEG files, which are not part of this project, "
            "because the terms of CelebA do not allow it. MD5 sums: 000001.jpg "
            "`e3ffc8262225378ec0d4017b371db65e`, 005001.jpg `79b63a3d754d0acbb74922adde825718`, "
            "010000.jpg `e16d9325ab146227387a0e861bb0dc4c`. `--crop=70` is the paper's central "
            "140×140 square at half size, resized to 64×64. A tenth is held out by file, so a "
            "person may be on both sides.",
            f"The networks of Table 4 at an eighth of their width, d = 64, {EPOCHS} epochs (the "
            "paper: 300) at the first learning rates of `flags/celeb_a.flags`, except four times "
            "the discriminator's, which is better for both games on "
            "[CIFAR-10](../cifar10_controls/README.md), the default weights (100 for WAE-MMD), and "
            f"averaged weights (`{_EMA_DECAY}`). There is no Fréchet distance: images without "
            "labels have no classifier here. No images or samples are shown, because they may "
            "show real people.",
        )
        groups = grouped(records, "variant")
        page.text("## Scores", "Mean ± standard deviation over seeds; SSIM: higher is better.")
        page.table(
            ["variant", "weight", *_SCORES.values(), "FLD of the prior's codes", "seeds"],
            [_row(name, group) for name, group in groups.items()],
        )
        page.text("## Radial IVAAE / another method", "With 95 % intervals by Welch's t-test.")
        page.table(
            ["", "FLD", "SSE, difference"],
            [
                [
                    f"ivaae_radial / {other}",
                    score_ratio(groups["ivaae_radial"], group, "fld"),
                    score_difference(groups["ivaae_radial"], group, _SSE),
                ]
                for other, group in groups.items()
                if other != "ivaae_radial"
            ],
        )
        shown = [record for record in records if record.fact("seed") == SEEDS[0]]
        if shown:
            page.text("## Covariance of the codes (Figure 6)")
            names = [str(record.fact("variant")) for record in shown]
            png = heat_maps.draw([np.abs(covariance(record)) for record in shown], names)
            page.figure(
                "covariance",
                png,
                "|covariance| of held-out codes, seed 0; the identity if they follow the prior.",
            )


def _row(name: str, group: Sequence[Record]) -> list[str]:
    scores = [score_cell(group, score) for score in _SCORES]
    return [name, f"{VARIANTS[name][1]:g}", *scores, fld_of_prior(group[0]), str(len(group))]


def _run(variant: str, seed: int) -> Run:
    method, weight, flags = VARIANTS[variant]
    facts: Facts = {"variant": variant, "method": method, "seed": seed}
    train = (f"--flagfile=celeb_a_{method}", *_TRAIN, f"--latent_weight={weight:g}", *flags)
    commands = (("train", *train, f"--seed={seed}"), _EVALUATE)
    return IvaaeRun(f"{variant}_seed{seed}", facts, commands, keeps_covariance=True)


if __name__ == "__main__":
    program.run(Faces())
