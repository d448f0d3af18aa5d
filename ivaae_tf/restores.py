"""Going back to the last checkpoint after a value that is not finite."""

import sys
from collections.abc import Callable

from ivaae_tf.callbacks import NonFiniteError
from ivaae_tf.runs.directory import RunDirectory


def again_until_finite(train: Callable[[], None], run: RunDirectory, max_restores: int) -> None:
    """Calls `train`, again after each value that is not finite.

    Args:
        train: Trains from the run's newest checkpoint, with other noise after each restore.
        run: The run's folder, which records the restores.
        max_restores: Restores that the run may have, with those of earlier commands.

    Raises:
        NonFiniteError: If there was no restore left, or is no checkpoint.
    """
    while True:
        try:
            train()
        except NonFiniteError as error:
            _go_back(run, error, max_restores)
        else:
            return


def _go_back(run: RunDirectory, error: NonFiniteError, max_restores: int) -> None:
    """Notes that the run goes back to its last checkpoint, or raises the error."""
    step, num_restores = run.newest_step(), len(run.restores())
    if num_restores >= max_restores or not step:
        raise error
    reason = str(error).partition(";")[0]
    run.record_restore(reason, step)
    print(
        f"warning: {reason}; the run goes back to step {step} with other noise, restore "
        f"{num_restores + 1} of {max_restores}",
        file=sys.stderr,
    )
