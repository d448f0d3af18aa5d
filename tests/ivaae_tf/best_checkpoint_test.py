"""The choice of the best checkpoint, by the scores of a run and of its continuations."""

import math

import keras
import numpy as np
import pytest

from ivaae_tf.metrics.score import Score
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training.callbacks import Evaluation


class _Evaluator:
    """An evaluator with given scores, one for each epoch."""

    def __init__(self, values, num_images=100, selection_score="fid"):
        self.selection_score = selection_score
        self._values = iter(values)
        self._num_images = num_images

    def codes(self, model):
        yield np.zeros((2, model.latent_dim))

    def scores(self, model, code_samplers, epoch, codes):
        conditions = {"num_images": self._num_images, **code_samplers[0].conditions}
        yield [Score("ssim", 0.0, True, None, {"num_images": 100}, epoch)]
        yield [Score(self.selection_score, next(self._values), False, None, conditions, epoch)]


@pytest.fixture
def best_after(finished_run, tmp_path):
    """Scores epochs of a run and returns the number of the best checkpoint's epoch."""
    model = keras.saving.load_model(finished_run / "checkpoints" / "last.keras")
    run = RunDirectory(tmp_path)

    def judge(first_epoch, evaluator, num_epochs):
        callback = Evaluation(run, evaluator, every=1)
        callback.set_model(model)
        for epoch in range(first_epoch, first_epoch + num_epochs):
            model.decoder_optimizer.iterations.assign(epoch)
            callback.on_epoch_end(epoch - 1)
        best = keras.saving.load_model(run.best_checkpoint_path)
        return int(best.decoder_optimizer.iterations)

    return judge


def test_the_best_checkpoint_is_that_of_the_lowest_score(best_after):
    assert best_after(1, _Evaluator([3.0, 1.0, 2.0, math.nan]), 4) == 2
    # In a process that continues the run.
    assert best_after(5, _Evaluator([1.5]), 1) == 2
    assert best_after(6, _Evaluator([0.5]), 1) == 6


def test_without_a_network_the_lowest_fld_is_kept(best_after):
    assert best_after(1, _Evaluator([3.0, 1.0, 2.0], selection_score="fld"), 3) == 2


def test_scores_that_left_no_best_checkpoint_do_not_keep_one_from_being_made(best_after, tmp_path):
    best_after(1, _Evaluator([1.0]), 1)
    RunDirectory(tmp_path).best_checkpoint_path.unlink()
    assert best_after(2, _Evaluator([3.0]), 1) == 2


def test_a_score_of_other_conditions_does_not_count(best_after):
    assert best_after(1, _Evaluator([3.0, 1.0]), 2) == 2
    assert best_after(3, _Evaluator([2.0, 2.5], num_images=10), 2) == 3


def test_an_epoch_that_is_trained_again_is_judged_by_those_before(best_after):
    assert best_after(1, _Evaluator([3.0, 4.0, 1.0]), 3) == 3
    assert best_after(2, _Evaluator([2.0]), 1) == 2
