"""Training with checkpoints, history and TensorBoard logs in a run folder."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.api.options import Plan
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.training import callbacks
from ivaae_tf.training.callbacks import NonFiniteError
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import Position, train_from


def train_and_save(
    position: Position,
    model: InterventionAutoencoder,
    batches: tf.data.Dataset,
    validation_batches: tf.data.Dataset,
    plan: Plan,
    steps_per_epoch: int,
    run: TrainingDirectory,
    workers: Workers,
    settings: Mapping[str, Any],
    more_callbacks: Sequence[keras.callbacks.Callback] = (),
    *,
    curves: Sequence[keras.callbacks.Callback] = (),
    own_callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
) -> None:
    """Trains to the end of a plan; writes curves, history and checkpoints to a folder.

    The records of later steps are removed from the folder, because these steps are trained again.

    Args:
        position: The position to start from, returned by `resume`.
        model: A compiled model.
        batches: Endless batches, starting at `position`.
        validation_batches: Data that the model is evaluated on after each epoch.
        plan: The plan.
        steps_per_epoch: Steps in an epoch.
        run: The folder, which the chief writes.
        workers: The workers of the training.
        settings: Name -> value, with the batch size, for TensorBoard.
        more_callbacks: Callbacks of the chief, called after an epoch and before its checkpoint.
        curves: Callbacks of the chief that add to the averages of an epoch, called first.
        own_callbacks: Callbacks of the user, called after an epoch's checkpoint.
        verbose: As in Keras: 0 for no progress bar, 2 for a line per epoch.

    Raises:
        NonFiniteError: If a logged value, or a value of the model to save, is NaN or infinite.
    """
    if workers.is_chief:
        run.cut_back(model.steps_trained, position.epoch, position.epoch * steps_per_epoch)
    non_finite = callbacks.TerminateOnNonFinite(run, workers, validation_batches, plan.log_every)
    save_points = callbacks.SavePoints(
        run,
        workers,
        non_finite.check_weights,
        every_steps=plan.checkpoint_every_steps,
        every_minutes=plan.checkpoint_every_minutes,
    )
    chiefs_callbacks = [
        *curves,
        *([callbacks.LossProgressBar(verbose)] if verbose else ()),
        callbacks.TensorBoardScalars(run, plan.log_every, settings),
        *([callbacks.Profile(run.logs_path, *plan.profile_steps)] if plan.profile_steps else ()),
        *more_callbacks,
        callbacks.HistoryFile(run),
        callbacks.LastCheckpoint(run, plan.keep_checkpoint_every),
    ]
    with save_points.saving_a_finished_epoch():
        train_from(
            position,
            model,
            batches,
            epochs=plan.epochs,
            steps_per_epoch=steps_per_epoch,
            validation_batches=validation_batches,
            callbacks=[
                non_finite,
                *(chiefs_callbacks if workers.is_chief else ()),
                *own_callbacks,
                save_points,
            ],
            stop_at_multiples_of=plan.checkpoint_every_steps,
        )


def again_until_finite(
    train: Callable[[], None], run: RunDirectory, workers: Workers, max_restores: int
) -> None:
    """Calls `train`, and again after each NaN or infinite value; all workers do the same.

    Args:
        train: Trains from the newest checkpoint of the run, with new noise after each restore;
            raises a NonFiniteError in all workers or in none.
        run: The run folder, in which the chief records the restores.
        workers: The workers of the training.
        max_restores: Maximum number of restores of the run, including earlier commands.

    Raises:
        NonFiniteError: If no restore is left, or there is no checkpoint.
    """
    while True:
        try:
            train()
        except NonFiniteError as error:
            if not error.is_shared and workers.are_several:
                raise  # The others continue, so not all workers can restore together.
            restores = workers.is_chief and _record_restore(run, error, max_restores)
            if not workers.from_chief(np.array([restores], np.float32)).any():
                raise
        else:
            return


def _record_restore(run: RunDirectory, error: NonFiniteError, max_restores: int) -> bool:
    """Returns whether the run restores a checkpoint, and then records it.

    If the run has restored the newest checkpoint before and has not saved another since, this
    checkpoint may be the cause, and the one before it is restored.
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
        f"warning: {reason}; the run resumes from step {step} with new noise, restore "
        f"{num_restores + 1} of {max_restores}",
        file=sys.stderr,
    )
    return True
