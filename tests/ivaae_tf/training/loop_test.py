"""Training that stops in the middle of an epoch and resumes in another model."""

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training import loop
from ivaae_tf.training.callbacks import HistoryFile, LastCheckpoint, SavePoints, TensorBoardScalars
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import Position, resume, train_from
from tests.ivaae_tf.runs.tensorboard_files_test import points
from tests.small_models import IMAGE_SHAPE, small_model

STEPS_PER_EPOCH = 11
LOG_EVERY = 4


class KilledError(Exception):
    pass


class KillAt(SavePoints):
    """Ends the training after a step."""

    kill_at = None

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.kill_at is not None and self.model.steps_trained >= self.kill_at:
            raise KilledError


def make(steps_per_execution):
    return small_model("ivaae_radial", FusedAdam, (1e-3, 1e-3, 1e-3), steps_per_execution)


def train(folder, steps_per_execution=1, kill_at=None, epochs=3, every_steps=5):
    """Trains in a folder, from the position where an earlier call was killed."""
    model, run, workers = make(steps_per_execution), RunDirectory(folder), Workers("none")
    position = resume(model, run, workers, STEPS_PER_EPOCH)
    run.cut_back(model.steps_trained, position.epoch, position.epoch * STEPS_PER_EPOCH)
    images = np.random.default_rng(0).uniform(-1, 1, (100, 8, *IMAGE_SHAPE)).astype(np.float32)
    batches = tf.data.Dataset.from_tensor_slices(images)
    save_points = KillAt(run, workers, lambda: None, every_steps=every_steps, every_minutes=0)
    save_points.kill_at = kill_at
    try:
        train_from(
            position,
            model,
            batches.skip(position.epoch * STEPS_PER_EPOCH + position.step),
            epochs=epochs,
            steps_per_epoch=STEPS_PER_EPOCH,
            validation_batches=batches.take(2),
            callbacks=[
                TensorBoardScalars(run, LOG_EVERY, {"batch_size": 8}),
                HistoryFile(run),
                LastCheckpoint(run),
                save_points,
            ],
            stop_at_multiples_of=every_steps,
        )
    except KilledError:
        run.writer.flush()
    return model, run


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(tmp_path_factory.mktemp("whole"))


# After a checkpoint within an epoch, at it, between epochs, and before the first one.
@pytest.mark.parametrize(("steps_per_execution", "kill_at"), [(1, 18), (7, 20), (7, 11), (1, 3)])
def test_a_training_goes_on_to_the_same_bits(whole, tmp_path, steps_per_execution, kill_at):
    train(tmp_path, steps_per_execution, kill_at)
    model, run = train(tmp_path, steps_per_execution)
    expected, whole_run = whole
    assert model.steps_trained == 3 * STEPS_PER_EPOCH
    for variable, twin in zip(model.state_variables, expected.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    assert run.read_history() == whole_run.read_history()
    for folder in ("step", "epoch", "."):
        found, grid = points(run.logs_path / folder), points(whole_run.logs_path / folder)
        assert {tag: sorted(steps) for tag, steps in found.items()} == grid
    steps = points(whole_run.logs_path / "step")["discriminator/js_estimate"]
    assert steps == list(range(LOG_EVERY, 34, LOG_EVERY))
    ends = [epoch * STEPS_PER_EPOCH for epoch in (1, 2, 3)]
    assert points(whole_run.logs_path / "epoch")["discriminator/js_estimate"] == ends


def test_calls_that_end_early_change_nothing(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_MOST_SECONDS_OF_A_CALL", 0.0)
    model, run = train(tmp_path, steps_per_execution=7)
    expected, whole_run = whole
    for variable, twin in zip(model.state_variables, expected.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    assert run.read_history() == whole_run.read_history()
    for folder in ("step", "epoch", "."):
        assert points(run.logs_path / folder) == points(whole_run.logs_path / folder)


def test_all_steps_of_an_epoch_may_be_done_while_its_validation_is_not(whole, tmp_path):
    model, run = make(1), RunDirectory(tmp_path)
    train(tmp_path, kill_at=2 * STEPS_PER_EPOCH)
    assert resume(model, run, Workers("none"), STEPS_PER_EPOCH) == Position(1, 9)
    killed, _ = train(tmp_path, kill_at=2 * STEPS_PER_EPOCH)
    run.save_in_epoch(killed)
    assert resume(model, run, Workers("none"), STEPS_PER_EPOCH) == Position(1, STEPS_PER_EPOCH)
    _, run = train(tmp_path)
    assert run.read_history() == whole[1].read_history()
