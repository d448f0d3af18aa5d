"""Warnings when a training goes wrong, with advice."""

import itertools
import math
import sys
from collections.abc import Mapping, Sequence

import keras

from ivaae_tf.metrics.score import Score
from ivaae_tf.runs.directory import RunDirectory

_NEAR_THE_CEILING = 0.98  # share of log(t+1)
_BELOW_ZERO = -0.01  # share of log(t+1); noise around the balance is smaller
_SCALES = 0.05, 20.0  # of the codes, relative to the prior's
_NUM_RISES = 10
_SCALE = "standard_deviation_rung_0"


class TrainingWarnings(keras.callbacks.Callback):
    """Warns once of each problem that lasts for an epoch, or for ten evaluations.

    Args:
        run: The run folder, with the scores.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self._run = run
        self._printed: set[str] = set()

    def on_epoch_end(self, epoch, logs=None):
        """Prints the warnings that were not printed before."""
        has_prior = self.model.has_chain and not self.model.divergence.is_null
        averages = {name: float(value) for name, value in (logs or {}).items()}
        ceiling = math.log(self.model.num_rungs)
        found = {
            **of_averages(averages, ceiling, has_prior, epoch == 0, self.model.prior.scale()),
            **(of_scores(self._run.read_scores(), epoch + 1) if self.model.has_chain else {}),
        }
        for problem, text in found.items():
            if problem not in self._printed:
                self._printed.add(problem)
                print(f"warning: epoch {epoch + 1}: {text}", file=sys.stderr)


def of_averages(
    averages: Mapping[str, float],
    ceiling: float,
    has_prior: bool,
    is_first: bool,
    scale_of_prior: float = 1.0,
) -> dict[str, str]:
    """Returns problem -> text of the warnings about the averages of an epoch.

    Args:
        averages: The averages by the names of the logs.
        ceiling: log(t+1), the largest possible JS estimate.
        has_prior: Whether the codes are pushed towards the prior, so their scale should be near
            its scale.
        is_first: Whether this is the first epoch, in which codes may still be small.
        scale_of_prior: The prior's standard deviation over all coordinates.
    """
    found = {}
    estimate = averages.get("js_estimate", 0.0)
    if estimate >= _NEAR_THE_CEILING * ceiling:
        found["won"] = (
            f"the discriminator has won: the JS estimate is {estimate:.3g}, at its ceiling "
            f"log(t+1) = {ceiling:.3g}, so its opponent learns little from it; try a higher "
            "--latent_weight or more --num_bridges for codes, and a lower "
            "--learning_rate_discriminator for images"
        )
    if estimate < _BELOW_ZERO * ceiling:
        found["below zero"] = (
            f"the JS estimate is {estimate:.3g}, below 0: the discriminator is worse than a "
            "guess; try a higher --learning_rate_discriminator, or a lower learning rate for its "
            "opponent"
        )
    scale = averages.get(_SCALE, scale_of_prior)
    if has_prior and scale > _SCALES[1] * scale_of_prior:
        found["runs away"] = (
            f"the codes run away from the prior: {_SCALE} is {scale:.3g}, the prior's is "
            f"{scale_of_prior:.3g}; try a higher --latent_weight or a lower --learning_rate_encoder"
        )
    if has_prior and scale < _SCALES[0] * scale_of_prior and not is_first:
        found["dies"] = (
            f"the codes collapse: {_SCALE} is {scale:.3g}, the prior's is {scale_of_prior:.3g}; "
            "try a higher --reconstruction_weight or a lower --latent_weight"
        )
    return found


def of_scores(scores: Sequence[Score], epoch: int) -> dict[str, str]:
    """Returns problem -> text of the warning about rising FLD up to an epoch."""
    latest = [score for score in scores if score.name == "fld" and score.epoch == epoch]
    if not latest:
        return {}
    alike = {
        score.epoch or 0: score.value
        for score in scores
        if score.name == "fld"
        and (score.epoch or 0) <= epoch
        and score.with_conditions(epoch=epoch).key == latest[-1].key
    }
    values = [value for _, value in sorted(alike.items())][-_NUM_RISES - 1 :]
    if len(values) <= _NUM_RISES or not all(
        later > earlier for earlier, later in itertools.pairwise(values)
    ):
        return {}
    return {
        "fld": (
            f"FLD has risen for {_NUM_RISES} evaluations, from {values[0]:.3g} to "
            f"{values[-1]:.3g}: the codes leave the prior; try a higher --latent_weight, or "
            "decay the learning rates earlier with --lr_decay_epochs; best.keras has the best "
            "model so far"
        )
    }
