"""A callback that stops training at NaN and infinite values."""

import json

import keras

from ivaae_tf.distribute.workers import Workers
from ivaae_tf.runs.training_directory import TrainingDirectory
from pipelines.errors import UserError

_ADVICE = (
    "go on from there with --on_nonfinite=restore, or with a lower rate, such as "
    "--allow_change=learning_rate_decoder --learning_rate_decoder=…"
)


class NonFiniteError(UserError):
    """A logged value became NaN or infinite."""


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Stops training before the next save if a logged value is NaN or infinite.

    The device records it in every step; this reads the record every few steps and after the last
    one of the epoch, because validation then resets it. All workers have this callback, and stop
    together if one of them has found a value.

    Args:
        run: The run's folder; the message names its last checkpoint.
        workers: The workers of the training.
        every: Steps between two readings, at least 1; the same in all workers.
    """

    def __init__(self, run: TrainingDirectory, workers: Workers, every: int = 1):
        super().__init__()
        self.run = run
        self.workers = workers
        self.every = every

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the step at which the epoch begins."""
        self._first_step, self._last_check = epoch * self.params["steps"], self.model.steps_trained

    def on_train_batch_end(self, batch, logs=None):
        """Checks every few steps, and after the last step of the epoch."""
        step = self._first_step + batch + 1
        if step >= self._last_check + self.every or batch + 1 == self.params["steps"]:
            self._last_check = step
            self.check()

    def check(self) -> None:
        """Raises a NonFiniteError that names the first value that is not finite.

        All workers call it at the same step.
        """
        found = self.model.averages.first_non_finite(self.model.distribute_strategy)
        (num_finders,) = self.workers.sum([found is not None])
        if not num_finders:
            return
        reports = map(json.loads, self.workers.gather(json.dumps([found, self._kept()])))
        all_found, all_kept = zip(*reports, strict=True)
        update, name, value = min(each for each in all_found if each is not None)
        # The first worker is the chief, whose folder has the checkpoint.
        raise NonFiniteError(
            f"{name} became {value} at step {self._first_step + update}; {all_kept[0]}"
        )

    def _kept(self) -> str:
        if self.run.last_checkpoint_path.exists():
            return (
                f"the checkpoint of the last good epoch is {self.run.last_checkpoint_path}; "
                f"{_ADVICE}"
            )
        return "there is no checkpoint yet; begin again with lower learning rates"
