"""Going back to the last checkpoint after a value that is not finite."""

import sys
from collections.abc import Callable

import numpy as np

from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training.callbacks import NonFiniteError
from ivaae_tf.training.distribute.workers import Workers


def again_until_finite(
    train: Callable[[], None], run: RunDirectory, workers: Workers, max_restores: int
) -> None:
    """Calls `train`, again after each value that is not finite; all workers do the same.

    Args:
        train: Trains from the run's newest checkpoint, with other noise after each restore; raises
            a NonFiniteError in all workers or in none.
        run: The run's folder, in which the chief records the restores.
        workers: The workers of the training.
        max_restores: Restores that the run may have, with those of earlier commands.

    Raises:
        NonFiniteError: If no restore is left, or there is no checkpoint.
    """
    while True:
        try:
            train()
        except NonFiniteError as error:
            if not error.is_shared and workers.are_several:
                raise  # The others go on, so they cannot go back together.
            goes_back = workers.is_chief and _record_restore(run, error, max_restores)
            if not workers.from_chief(np.array([goes_back], np.float32)).any():
                raise
        else:
            return


def _record_restore(run: RunDirectory, error: NonFiniteError, max_restores: int) -> bool:
    """Returns whether the run goes back to a checkpoint, which is then recorded.

    If the run has just gone back to the newest one and saved none since, that may be the cause, and
    makes way for the one before.
    """
    step, restores = run.newest_step(), run.restores()
    num_restores = len(restores)
    if num_restores >= max_restores or not step:
        return False
    reason = str(error).partition(";")[0]
    if restores[-1:] == [step]:
        step = run.drop_newest(f"after a restore to step {step}, {reason}")
    run.record_restore(reason, step)
    print(
        f"warning: {reason}; the run goes back to step {step} with other noise, restore "
        f"{num_restores + 1} of {max_restores}",
        file=sys.stderr,
    )
    return True
