"""Callbacks that save after epochs and within them, and end the training at a signal."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from ivaae_tf.models.epoch_averages import without_sums
from ivaae_tf.program import interruption
from ivaae_tf.program.interruption import Interrupted
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.training.distribute.workers import Workers

_SECONDS_TO_SAVE = 60.0
_MOST_STEPS = 1000  # between two votes


class SavePoints(keras.callbacks.Callback):
    """Saves every few steps or minutes, and when a signal asks the process to end.

    All workers have this callback, as the last one: they stop at the same step, and the checkpoint,
    which the chief writes, has the averages of each.

    Args:
        run: The run folder.
        workers: The workers of the training.
        check: Raises an error in all workers if the model must not be saved.
        every_steps: Checkpoints are saved at multiples of this number of steps; 0 for none.
        every_minutes: Minutes between two checkpoints; 0 for none.
    """

    def __init__(
        self,
        run: TrainingDirectory,
        workers: Workers,
        check: Callable[[], None],
        *,
        every_steps: int,
        every_minutes: float,
    ):
        super().__init__()
        self._run = run
        self._workers = workers
        self._check = check
        self._every_steps = every_steps
        self._every_seconds = 60 * every_minutes
        self._time_of_save = time.monotonic()
        self._last_vote, self._next_vote = (0, -math.inf), 0
        self._ends_an_epoch = False

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the number of steps before the epoch."""
        self._first_step = epoch * self.params["steps"]

    def on_train_batch_end(self, batch, logs=None):
        """Saves if a checkpoint is due.

        Raises:
            Interrupted: If a worker has received a signal; the checkpoint is then saved.
        """
        step = self._first_step + batch + 1
        is_last = batch + 1 == self.params["steps"]
        signal, is_time = self._vote(step) if is_last or step >= self._next_vote else (0, False)
        is_time = is_time or (self._every_steps > 0 and step % self._every_steps == 0)
        if signal or is_time or is_last:
            self.model.averages.take_snapshot(self.model.distribute_strategy)
        self._ends_an_epoch = is_last
        if signal or (is_time and not is_last):
            self._check()
            self._save()
        if signal:
            self._workers.wait_for_all()  # If one exited earlier, the others would fail.
            raise _saved(interruption.requested() or signal, step)

    def on_epoch_end(self, epoch, logs=None):
        """Notes that the checkpoint of the epoch is saved."""
        self._ends_an_epoch = False
        self._time_of_save = time.monotonic()
        self.model.averages.drop_snapshot()

    @contextlib.contextmanager
    def saving_a_finished_epoch(self) -> Iterator[None]:
        """Saves if the block fails after the last step of an epoch, but before its checkpoint.

        The cause is a signal, or the loss of another worker. The resumed run then continues with
        the validation of that epoch.
        """
        try:
            yield
        except (Interrupted, tf.errors.OpError) as error:
            if not (self._ends_an_epoch and self._workers.is_chief):
                raise
            self._save()
            if isinstance(error, Interrupted):
                raise _saved(error.signal, self.model.steps_trained) from error
            raise

    def _vote(self, step: int) -> tuple[int, bool]:
        """Returns the signal that any worker received, or 0, and whether the chief is due to save.

        Several workers vote about once a second, at steps that the chief chooses.
        """
        now = time.monotonic()
        steps, seconds = step - self._last_vote[0], now - self._last_vote[1]
        own = interruption.requested()
        is_chief, is_several = self._workers.is_chief, self._workers.are_several
        num_each = self._workers.sum(
            [
                *(own == signal for signal in interruption.SIGNALS),
                is_chief and 0 < self._every_seconds <= now - self._time_of_save,
                is_chief and is_several and min(int(steps / seconds), _MOST_STEPS),
            ]
        )
        *num_signals, is_time, interval = num_each
        self._last_vote, self._next_vote = (step, now), step + max(1, round(interval))
        got = [signal for signal, num in zip(interruption.SIGNALS, num_signals, strict=True) if num]
        return max(got, default=0), is_time > 0

    def _save(self) -> None:
        if self._workers.is_chief:
            with interruption.deferred(), interruption.more_time(_SECONDS_TO_SAVE):
                self._run.save_in_epoch(self.model)
        self._time_of_save = time.monotonic()
        self._ends_an_epoch = False
        self.model.averages.drop_snapshot()


def _saved(signal: int, step: int) -> Interrupted:
    return Interrupted(signal, f"saved after step {step}: run the same command again to continue")


class HistoryFile(keras.callbacks.Callback):
    """Adds the averages of each epoch to `history.json` in the run folder."""

    def __init__(self, run: TrainingDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch's averages."""
        averages = {name: float(value) for name, value in without_sums(logs or {}).items()}
        self.run.add_to_history(epoch + 1, averages)


class LastCheckpoint(keras.callbacks.Callback):
    """Saves model, optimizers, step and random state after each epoch.

    Args:
        run: The run folder.
        keep_every: Epochs between two permanent checkpoints; 0 for none.
    """

    def __init__(self, run: TrainingDirectory, keep_every: int = 0):
        super().__init__()
        self.run = run
        self.keep_every = keep_every

    def on_epoch_end(self, epoch, logs=None):
        """Replaces the last checkpoint; the next epoch has its own averages."""
        self.model.averages.drop_snapshot()
        self.run.save_last(self.model)
        if self.keep_every and (epoch + 1) % self.keep_every == 0:
            self.run.keep_last(epoch + 1)
