"""Trains GAN, and IVGAN with each game of its encoder, on MNIST.

python -m results.image_games
"""

from collections.abc import Sequence

from ivaae_tf.plots import charts
from results import program
from results.page import Page, number
from results.run import Facts, IvaaeRun, Record, Run

EPOCHS = 10
_EVALUATED = range(2, EPOCHS + 1, 2)

# Name -> flags of its encoder.
_VARIANTS = {
    "gan": ("gan", ()),
    "ivgan, E helps": ("ivgan", ("--encoder_game=helps",)),
    "ivgan, E opposes": ("ivgan", ("--encoder_game=opposes",)),
    "ivgan, E helps and reconstructs": (
        "ivgan",
        ("--encoder_game=helps", "--encoder_reconstruction"),
    ),
    "ivgan, E opposes and reconstructs": (
        "ivgan",
        ("--encoder_game=opposes", "--encoder_reconstruction"),
    ),
}
_TRAIN = (
    *("--image_size=32", "--width=0.25", f"--epochs={EPOCHS}", "--latent_dim=64"),
    *("--cache=memory", f"--evaluate_every={_EVALUATED.step}", "--num_samples=5000"),
    *("--num_codes=10000", "--pictures_every=1000", "--seed=0"),
)


class ImageGames(program.Study):
    """Samples and the game over the epochs."""

    name = "image_games"
    title = "GAN and IVGAN on MNIST"

    def runs(self) -> list[Run]:
        """Returns a run of each variant."""
        return [_run(variant) for variant in _VARIANTS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        gan, *others = [_distance(record, EPOCHS) for record in records]
        return (
            f"after {EPOCHS} epochs GAN has a Fréchet distance of {number(gan, 3)} and the four "
            f"games of IVGAN have {number(min(others), 3)} to {number(max(others), 3)}. With one "
            "seed, none of the four can be called the best."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the tables over the epochs and the curves."""
        page.text(
            "MNIST, 60,000 digits at 32×32 pixels, a quarter of the width of Table 3, codes of 64 "
            f"dimensions, {EPOCHS} epochs; all else as in `flags/mnist_gan.flags` and "
            "`flags/mnist_ivgan.flags`. One seed. *E helps* is the code of IVGAN's authors, in "
            "which the encoder descends the cross-entropy that the generator climbs; *E opposes* "
            "has it climb, too; *reconstructs* adds the reconstruction loss to the encoder's, as "
            "comments in their code say.",
            "The Fréchet distance is of 5,000 samples in the features of a classifier of these "
            "digits (it is not FID).",
        )
        if records:
            _add_distances(page, records)
            _add_js_estimates(page, records)
            _add_codes(page, [each for each in records if each.fact("method") == "ivgan"])
            _add_chart(page, records)


def _add_distances(page: Page, records: Sequence[Record]) -> None:
    page.text("## Fréchet distance after so many epochs")
    page.table(
        ["", *map(str, _EVALUATED)],
        [
            [_variant(record), *(number(_distance(record, epoch), 3) for epoch in _EVALUATED)]
            for record in records
        ],
    )
    best = min(records, key=lambda record: _distance(record, EPOCHS))
    page.text(f"After {EPOCHS} epochs *{_variant(best)}* has the lowest.")


def _add_js_estimates(page: Page, records: Sequence[Record]) -> None:
    page.text("## JS estimate (nats, at most log 2 = 0.693)")
    epochs = [1, *_EVALUATED]
    page.table(
        ["", *map(str, epochs)],
        [
            [_variant(record), *(number(_js_estimates(record)[epoch], 3) for epoch in epochs)]
            for record in records
        ],
    )


def _add_codes(page: Page, records: Sequence[Record]) -> None:
    if not records:
        return
    page.text("## Codes and reconstructions of IVGAN after the last epoch")
    page.table(
        ["", "SSE", "FLD", "cross-entropy of k (log 4 = 1.39 by chance)"],
        [
            [
                _variant(record),
                number(record.score("reconstruction_sse").value, 3),
                number(record.score("fld").value, 3),
                number(record.outcome.history[EPOCHS]["intervention_cross_entropy"], 3),
            ]
            for record in records
        ],
    )


def _add_chart(page: Page, records: Sequence[Record]) -> None:
    lines = []
    for style, record in enumerate(records):
        values = _js_estimates(record)
        lines.append(charts.Line(_variant(record), style, list(values), list(values.values())))
    chart = charts.Chart("JS estimate of D, nats", tuple(lines), is_linear=True)
    page.figure("js_estimate", charts.draw([chart], "epoch"), "The JS estimate over the epochs.")


def _variant(record: Record) -> str:
    return str(record.fact("variant"))


def _js_estimates(record: Record) -> dict[int, float]:
    """Returns epoch -> JS estimate."""
    return {epoch: each["js_estimate"] for epoch, each in record.outcome.history.items()}


def _distance(record: Record, epoch: int) -> float:
    return next(
        score.value
        for score in record.outcome.scores
        if score.name == "frechet_classifier" and score.epoch == epoch
    )


def _run(variant: str) -> Run:
    method, flags = _VARIANTS[variant]
    facts: Facts = {"variant": variant, "method": method, "seed": 0}
    name = variant.replace(", ", "_").replace(" ", "_")
    return IvaaeRun(name, facts, (("train", f"--flagfile=mnist_{method}", *_TRAIN, *flags),))


if __name__ == "__main__":
    program.run(ImageGames())
