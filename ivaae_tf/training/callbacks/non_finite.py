"""Callback that stops training at NaN and infinite values."""

import json
from collections.abc import Callable, Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.training.distribute.workers import Workers

_ADVICE = (
    "resume from there with --on_nonfinite=restore, or with a lower learning rate, such as "
    "--allow_change=learning_rate_decoder --learning_rate_decoder=…"
)


class NonFiniteError(UserError):
    """A value became NaN or infinite.

    Attributes:
        is_shared: Whether all workers raise it at the same step.
    """

    def __init__(self, message: str, is_shared: bool = True):
        super().__init__(message)
        self.is_shared = is_shared


def check_codes(codes: np.ndarray, epoch: int) -> None:
    """Raises a NonFiniteError, only in this worker, if one of the codes (n, d) is not finite."""
    if not np.isfinite(codes).all():
        raise NonFiniteError(f"codes became not finite after epoch {epoch}", is_shared=False)


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Stops training before the next save if a value is NaN or infinite.

    The device records such values in every step; this callback reads the record every few steps and
    after the last step of the epoch, because validation then resets it. The values are computed
    with the weights before the step, so a model is also tried with its new weights before it is
    saved. All workers have this callback, and stop together if one of them finds a value.

    Args:
        run: The run folder; the message names its last checkpoint.
        workers: The workers of the training.
        images: Batches of images; the model is tried with the first.
        every: Steps between two readings, at least 1; the same in all workers.
    """

    def __init__(
        self,
        run: TrainingDirectory,
        workers: Workers,
        images: Iterable[tf.Tensor] = (),
        every: int = 1,
    ):
        super().__init__()
        self.run = run
        self.workers = workers
        self.every = every
        self._images = images

    def on_train_begin(self, logs=None):
        """Prepares the trial of new weights, whose first run takes long."""
        # All of them: a cached data set that is read in part may end there for later readers.
        batches = list(self._images)
        self._trial = _trial(self.model, batches[0] if batches else None)
        self._trial()

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the step at which the epoch begins."""
        self._first_step, self._last_check = epoch * self.params["steps"], self.model.steps_trained

    def on_train_batch_end(self, batch, logs=None):
        """Checks every few steps, and also the new weights after the last step of the epoch."""
        step = self._first_step + batch + 1
        if batch + 1 == self.params["steps"]:
            self.check_weights()
        elif step >= self._last_check + self.every:
            self._last_check = step
            self._check(self._logged())

    def on_epoch_end(self, epoch, logs=None):
        """Checks the results of validation."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        self._check(_first_non_finite(values, self.model.steps_trained))

    def check_weights(self) -> None:
        """Raises a NonFiniteError if the model must not be saved.

        All workers call it at the same step.
        """
        self._check(self._logged() or _first_non_finite(self._trial(), self.model.steps_trained))

    def _logged(self) -> tuple[int, str, float] | None:
        found = self.model.averages.first_non_finite(self.model.distribute_strategy)
        return found and (self._first_step + found[0], *found[1:])

    def _check(self, found: tuple[int, str, float] | None) -> None:
        """Raises a NonFiniteError that names the first value that a worker found, if any did."""
        (num_finders,) = self.workers.sum([found is not None])
        if not num_finders:
            return
        reports = map(json.loads, self.workers.gather(json.dumps([found, self._last_checkpoint()])))
        all_found, all_checkpoints = zip(*reports, strict=True)
        step, name, value = min(each for each in all_found if each is not None)
        # The first worker is the chief, whose folder has the checkpoint.
        raise NonFiniteError(f"{name} became {value} at step {step}; {all_checkpoints[0]}")

    def _last_checkpoint(self) -> str:
        if self.run.last_checkpoint_path.exists():
            return (
                f"the checkpoint of the last good epoch is {self.run.last_checkpoint_path}; "
                f"{_ADVICE}"
            )
        return "there is no checkpoint yet; start again with lower learning rates"


def _first_non_finite(values: Mapping[str, float], step: int) -> tuple[int, str, float] | None:
    return next(
        ((step, name, value) for name, value in values.items() if not np.isfinite(value)), None
    )


def _trial(
    model: MultiOptimizerModel, images: tf.Tensor | None
) -> Callable[[], Mapping[str, float]]:
    """Returns a function that tries the weights: 0, or NaN if a value is not finite."""

    def are_finite(tensors: Iterable[tf.Tensor]) -> tf.Tensor:
        floats = [each for each in map(tf.convert_to_tensor, tensors) if each.dtype.is_floating]
        return tf.reduce_all([tf.reduce_all(tf.math.is_finite(each)) for each in floats])

    @tf.function(autograph=False)
    def run() -> tf.Tensor:
        values = [] if images is None else model.trial_values(images)
        return tf.where([are_finite(model.state_variables), are_finite(values)], 0.0, np.nan)

    names = ("a weight", "a code or loss with the new weights")
    return lambda: dict(zip(names, run().numpy().tolist(), strict=True))
