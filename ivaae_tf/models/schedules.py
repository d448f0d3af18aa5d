"""Learning-rate decay by epochs, as a function of the step alone."""

import itertools
from collections.abc import Sequence

import keras


def decay_at_epochs(
    learning_rate: float,
    epochs: Sequence[int],
    factors: Sequence[float],
    steps_per_epoch: int,
) -> keras.optimizers.schedules.LearningRateSchedule | float:
    """Returns a schedule with one more factor on the rate at each decay epoch.

    Without decay epochs it returns the learning rate itself. The rate depends on the optimizer's
    step alone, so a resumed run continues with the right rate.

    Args:
        learning_rate: Rate of the first epochs, above 0.
        epochs: Increasing numbers of the epochs (counted from 0) that start with a decay.
        factors: The further factor on the rate from each of `epochs` on.
        steps_per_epoch: Optimizer steps in an epoch.

    Raises:
        ValueError: If the epochs do not increase from 1 on, or if each does not have one factor.
    """
    if len(epochs) != len(factors):
        raise ValueError(
            f"Each decay epoch must have one factor. Received: epochs {list(epochs)}, "
            f"factors {list(factors)}"
        )
    if any(later <= earlier for earlier, later in itertools.pairwise([0, *epochs])):
        raise ValueError(f"Decay epochs must increase from 1 on. Received: {list(epochs)}")
    if not epochs:
        return learning_rate
    rates = itertools.accumulate([learning_rate, *factors], lambda rate, factor: rate * factor)
    # PiecewiseConstantDecay changes after a boundary, so each is the last step of an epoch.
    boundaries = [epoch * steps_per_epoch - 1 for epoch in epochs]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, list(rates))
