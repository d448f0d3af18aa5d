"""Small runs from Python for several tests: 180 training images in batches of 30."""

import keras
import numpy as np
import pytest

import ivaae_tf as iv

COUNTS = {"num_samples": 100, "num_codes": 100, "extractor": "none"}
STEPS = 180 // 30  # in an epoch, without the tenth that is held out


class At(keras.callbacks.Callback):
    """Ends the training, or raises an error, after a step."""

    def __init__(self, step, error=None):
        super().__init__()
        self._step, self._error = step, error

    def on_train_batch_end(self, batch, logs=None):
        if self.model.steps_trained == self._step:
            if self._error is not None:
                raise self._error
            self.model.stop_training = True


def weights(run):
    model = iv.load_model(run.files.last_checkpoint_path)
    return [variable.numpy() for variable in model.state_variables]


def assert_same(run, other):
    assert run.files.history_path.read_bytes() == other.files.history_path.read_bytes()
    for one, two in zip(weights(run), weights(other), strict=True):
        np.testing.assert_array_equal(one, two)


def assert_killed_training_resumes(folder, images, labels, options):
    """Checks that a training ends as one that was killed in its second epoch and resumed."""

    def train(name, **others):
        return iv.train(folder / name, images, labels, **{**options, "epochs": 2, **others})

    whole = train("whole")
    with pytest.raises(KeyboardInterrupt):
        killed = [At(STEPS + 3, KeyboardInterrupt())]
        train("killed", checkpoint_every_steps=4, callbacks=killed)
    assert_same(train("killed", checkpoint_every_steps=4, cache="none"), whole)
