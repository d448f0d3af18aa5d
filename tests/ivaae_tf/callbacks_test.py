"""The values that callbacks read from the device while a model trains."""

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.build import make_compiled_model
from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.settings import Settings
from ivaae_tf.training import callbacks
from ivaae_tf.training.callbacks import NonFiniteError
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import CallbacksOnDevice
from tests.small_models import IMAGE_SHAPE, assert_equal, random_images, small_model

NUM_STEPS = 23


class Unread:
    """A scalar on a device, which counts how often the host reads it."""

    num_reads = 0
    shape = ()

    def __float__(self):
        Unread.num_reads += 1
        return 1.0

    def __array__(self, dtype=None, copy=None):
        return np.array(float(self))


@pytest.fixture
def model():
    return small_model("ivaae_radial", FusedAdam, (1e-3, 1e-3, 1e-3))


def of_run(model, run, *own):
    return CallbacksOnDevice(own, model=model, epochs=1, steps=NUM_STEPS)


def test_losses_of_steps_are_read_every_log_every_steps(model, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path)
    written = []
    monkeypatch.setattr(
        type(run.writer), "logs", lambda self, values, step: written.append((self, step))
    )
    settings = {"batch_size": 4}
    every = of_run(
        model,
        run,
        callbacks.LossProgressBar(),
        callbacks.TensorBoardScalars(run, 10, settings),
    )
    every.on_train_begin()
    every.on_epoch_begin(0)
    Unread.num_reads = 0
    for batch in range(NUM_STEPS):
        every.on_train_batch_end(batch, {"reconstruction_loss": Unread()})
    model.decoder_optimizer.iterations.assign(NUM_STEPS)
    every.on_epoch_begin(1)
    for batch in range(NUM_STEPS):
        every.on_train_batch_end(batch, {"reconstruction_loss": Unread()})
    assert written == [(run.log_writers["step"], step) for step in (10, 20, 30, 40)]
    assert Unread.num_reads == 4  # once for each step that is written


def test_training_stops_after_the_last_step_of_the_epoch_at_the_latest(model, tmp_path):
    """Not later: the validation that follows resets the averages."""
    stop = of_run(
        model,
        None,
        callbacks.TerminateOnNonFinite(RunDirectory(tmp_path), Workers("none"), every=100),
    )
    stop.on_epoch_begin(0)
    images = np.full((4, *IMAGE_SHAPE), np.nan, np.float32)
    for batch in range(NUM_STEPS - 1):
        logs = model.train_step(images)
        stop.on_train_batch_end(batch, logs)
    with pytest.raises(UserError, match=r"reconstruction_loss became nan at step 1; there is no"):
        stop.on_train_batch_end(NUM_STEPS - 1, logs)


@pytest.mark.parametrize("number", [1, 2])
def test_a_covariance_needs_two_codes(model, tmp_path, number, recwarn):
    run = RunDirectory(tmp_path)
    images = np.random.default_rng(0).uniform(-1, 1, (number, *IMAGE_SHAPE)).astype(np.float32)
    watched = tf.data.Dataset.from_tensor_slices(images).batch(4)
    pictures = of_run(model, run, callbacks.TensorBoardImages(run, watched, every=1, seed=0))
    pictures.on_train_begin()
    pictures.on_epoch_end(0)
    assert run.reconstructions_path.exists() and run.samples_path.exists()
    assert run.code_covariance_path.exists() == (number == 2)
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]


MODELS = {"vae": "encoder", "ivaae_radial": "discriminator", "ivgan": "encoder", "gan": "decoder"}


@pytest.mark.parametrize(("method", "network"), MODELS.items())
def test_a_model_is_tried_with_its_new_weights_before_it_is_saved(tmp_path, method, network):
    shape = {"network": "convolutional", "image_size": 16, "latent_dim": 4}
    settings = Settings(method=method, width=1 / 64, jit_compile=False, **shape)
    model = make_compiled_model(settings, (16, 16, 1), steps_per_epoch=1, steps_per_execution=1)
    images = random_images(image_shape=(16, 16, 1))
    run = RunDirectory(tmp_path)
    stop = of_run(model, None, callbacks.TerminateOnNonFinite(run, Workers("none"), [images]))
    stop.on_train_begin()
    stop.on_epoch_begin(0)
    before = [variable.numpy() for variable in model.variables]
    stop.callbacks[0].check_weights()
    assert_equal(model.variables, before)  # also the state of the noise, and of normalizations
    # Finite weights, with which activations overflow.
    part = model.divergence.discriminator if network == "discriminator" else getattr(model, network)
    part.set_weights([3e38 * np.ones(weight.shape) for weight in part.weights])
    with pytest.raises(NonFiniteError, match="a code or loss with the new weights became nan"):
        stop.callbacks[0].check_weights()
    part.weights[0].assign(np.full(part.weights[0].shape, np.inf))
    with pytest.raises(NonFiniteError, match="a weight became nan at step 0"):
        stop.callbacks[0].check_weights()


def test_the_images_of_the_trial_are_read_to_their_end(model, tmp_path):
    """TensorFlow would take a part of a cached data set for all of it, now and then."""
    read = []

    def batches():
        for _ in range(3):
            yield random_images()
            read.append(True)

    check = callbacks.TerminateOnNonFinite(RunDirectory(tmp_path), Workers("none"), batches())
    of_run(model, None, check).on_train_begin()
    assert len(read) == 3


def test_values_of_validation_and_codes_are_read_before_the_checkpoint(model, tmp_path):
    check = callbacks.TerminateOnNonFinite(RunDirectory(tmp_path), Workers("none"))
    stop = of_run(model, None, check)
    stop.on_epoch_end(0, {"val_reconstruction_loss": np.float32(1)})
    with pytest.raises(NonFiniteError, match="val_reconstruction_loss became inf at step 0"):
        stop.on_epoch_end(0, {"val_reconstruction_loss": np.float32("inf")})
    callbacks.check_codes(np.ones((3, 4), np.float32), epoch=2)
    with pytest.raises(NonFiniteError, match="codes became not finite after epoch 2"):
        callbacks.check_codes(np.full((3, 4), np.inf, np.float32), epoch=2)
