"""Going back to the last checkpoint after a value that is not finite."""

import numpy as np
import pytest

from ivaae_tf.training.callbacks import NonFiniteError
from ivaae_tf.training.distribute.workers import Workers
from tests import poisoned_training
from tests.poisoned_training import BATCH_SIZE, STEPS_PER_EPOCH, train

ONE = Workers("none")


def test_a_run_goes_back_and_on_with_noise_that_its_record_tells(tmp_path):
    run, model = train(ONE, tmp_path / "restored", num_poisoned=1)
    assert run.restores() == [STEPS_PER_EPOCH]
    assert run.reasons == ["reconstruction_loss became nan at step 5"]
    assert model.steps_trained == 2 * STEPS_PER_EPOCH
    # A run that was interrupted after the restore draws the same noise.
    train(ONE, tmp_path / "same", 0, epochs=1)
    _, same = train(ONE, tmp_path / "same", 0, restores=(STEPS_PER_EPOCH,))
    _, other = train(ONE, tmp_path / "other", 0)
    for variable, twin in zip(model.state_variables, same.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    assert any(not np.array_equal(*pair) for pair in zip(model.weights, other.weights, strict=True))


@pytest.mark.slow
def test_it_goes_back_no_more_often_than_it_may(tmp_path):
    run, _ = train(ONE, tmp_path / "twice", num_poisoned=2, max_restores=2)
    assert run.restores() == 2 * [STEPS_PER_EPOCH]
    with pytest.raises(NonFiniteError, match="at step 5; the checkpoint of the last good epoch"):
        train(ONE, tmp_path / "thrice", num_poisoned=3, max_restores=2)


def test_a_run_without_a_checkpoint_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(poisoned_training, "BAD_IMAGE", 0)
    with pytest.raises(NonFiniteError, match="at step 1; there is no checkpoint yet"):
        train(ONE, tmp_path, num_poisoned=1)


@pytest.mark.slow
def test_a_checkpoint_from_which_training_fails_again_makes_way_for_the_one_before(
    tmp_path, monkeypatch
):
    train(ONE, tmp_path, 0, epochs=1)
    train(ONE, tmp_path, 0, epochs=2)
    monkeypatch.setattr(poisoned_training, "BAD_IMAGE", 6 * BATCH_SIZE)
    before, last = STEPS_PER_EPOCH, 2 * STEPS_PER_EPOCH
    run, model = train(ONE, tmp_path, num_poisoned=3, max_restores=3, epochs=3)
    # The third goes back to a new last one, which was trained from the one before.
    assert run.restores() == [last, before, last]
    assert model.steps_trained == 3 * STEPS_PER_EPOCH
    assert [path.name for path in tmp_path.rglob("*.diverging-*")] == ["last.diverging-1.keras"]
