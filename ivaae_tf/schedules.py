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
    """Returns a schedule that multiplies the learning rate by a further factor at given epochs.

    Without decay epochs it is the learning rate itself.

    The rate is a function of the optimizer's step, so a resumed run goes on where it was.

    Args:
        learning_rate: Rate of the first epochs, above 0.
        epochs: Rising numbers of the epochs (counted from 0) that start with a decay.
        factors: For each of `epochs`, what the rate is multiplied by from there on.
        steps_per_epoch: Optimizer steps in an epoch.

    Raises:
        ValueError: If the epochs do not rise from 1 on or the factors are not as many as they.
    """
    if len(epochs) != len(factors):
        raise ValueError(
            f"Each decay epoch needs its factor. Received: epochs {list(epochs)}, "
            f"factors {list(factors)}"
        )
    if any(later <= earlier for earlier, later in itertools.pairwise([0, *epochs])):
        raise ValueError(f"Decay epochs must rise from 1 on. Received: {list(epochs)}")
    if not epochs:
        return learning_rate
    rates = itertools.accumulate([learning_rate, *factors], lambda rate, factor: rate * factor)
    # PiecewiseConstantDecay changes after its boundary, which is therefore an epoch's last step.
    boundaries = [epoch * steps_per_epoch - 1 for epoch in epochs]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, list(rates))
