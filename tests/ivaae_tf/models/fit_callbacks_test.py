"""Learning rates of all networks, as Keras's callbacks and a user's own change them."""

import keras
import pytest

from tests.ivaae_tf.models.image_model_test import compiled
from tests.small_models import random_images, small_model

RATES = (1e-3, 4e-3, 2e-2)  # of E, G and D
X = random_images(16)


def rates_after(callback, model=None, epochs=3):
    model = model or small_model(rates=RATES)
    model.fit(X, batch_size=8, epochs=epochs, verbose=0, callbacks=callback)
    return [float(getattr(model, name).learning_rate) for name in model.optimizer_names]


def scaled(factor):
    return pytest.approx([factor * rate for rate in RATES], rel=1e-5)


def test_without_a_change_the_rates_stay():
    assert rates_after(None) == pytest.approx(RATES, rel=1e-6)


def test_a_scheduler_scales_all_rates():
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-3 * 0.5**epoch)
    assert rates_after(scheduler) == scaled(0.25)


def test_a_plateau_scales_all_rates():
    """The loss never improves by 1e9, so the second and the third epoch end in a reduction."""
    plateau = keras.callbacks.ReduceLROnPlateau(
        "reconstruction_loss", factor=0.1, patience=1, min_delta=1e9, mode="min"
    )
    assert rates_after([plateau]) == scaled(0.01)


def test_a_warm_up_by_steps_may_begin_at_nothing():
    class WarmUp(keras.callbacks.Callback):
        seen = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = 1e-3 * min(1, self.seen / 4)
            self.seen += 1

    assert rates_after(WarmUp()) == scaled(1)


def test_a_callback_may_set_each_rate_itself():
    class Own(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            for name in self.model.optimizer_names:
                getattr(self.model, name).learning_rate = 1e-5

    assert rates_after(Own()) == pytest.approx([1e-5] * 3, rel=1e-6)


def test_a_gan_has_two_rates():
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    assert rates_after(scheduler, compiled("gan"), epochs=2) == pytest.approx([2.5e-4] * 2)


def test_schedules_are_left_alone_and_not_mixed_with_callbacks():
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, 100)
    model = small_model(rates=(schedule,) * 3)
    assert rates_after(None, model)[0] == pytest.approx(float(schedule(6)), rel=1e-6)
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    with pytest.raises(ValueError, match=r"decoder_optimizer': None"):
        rates_after(scheduler, small_model(rates=(1e-3, schedule, 1e-3)))


def test_the_callbacks_and_tools_of_keras_work(tmp_path, capsys):
    """With float64 images, a schedule, a part of the images for validation, and a copy."""
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, 100)
    model = small_model("wae_mmd", rates=(schedule,) * 3)
    callbacks = [
        keras.callbacks.TensorBoard(tmp_path / "logs", update_freq=1),
        keras.callbacks.BackupAndRestore(tmp_path / "backup"),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TerminateOnNaN(),
    ]
    x = X.astype("float64")
    history = model.fit(x, validation_split=0.25, batch_size=4, verbose=0, callbacks=callbacks)
    assert {"loss", "val_loss"} <= set(history.history)
    assert list((tmp_path / "logs" / "validation").iterdir())
    assert "val_loss" in (tmp_path / "log.csv").read_text()
    model.summary()
    assert "encoder" in capsys.readouterr().out
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    assert copy.predict(X, verbose=0) == pytest.approx(model.predict(X, verbose=0))
