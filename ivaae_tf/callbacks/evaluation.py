"""Scores during training, and the checkpoint that has the best."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf import samplers
from ivaae_tf.evaluation import Evaluator
from ivaae_tf.metrics.score_file import read_scores, write_scores
from ivaae_tf.run_directory import RunDirectory
from pipelines.atomic import replace_when_complete


class Evaluation(keras.callbacks.Callback):
    """Scores the model every few epochs and keeps the best checkpoint.

    The scores go to `scores.json` and to TensorBoard under `scores/`. The best checkpoint is the
    one whose samples of the prior have the lowest Fréchet distance; without an extractor there is
    none to tell it by, and none is kept.

    Args:
        run: The run's folder.
        evaluator: What scores.
        every: Epochs between two evaluations, at least 1.
    """

    def __init__(self, run: RunDirectory, evaluator: Evaluator, every: int):
        super().__init__()
        self.run = run
        self.evaluator = evaluator
        self.every = every

    def on_train_begin(self, logs=None):
        """Opens the event file and recalls the best score so far."""
        self._writer = tf.summary.create_file_writer(str(self.run.logs), filename_suffix=".scores")
        # A run that was killed may have scored epochs that it now trains again.
        step = self.run.epochs_trained(self.model)
        self._best = min(
            (score.value for score in read_scores(self.run.scores) if self._selects(score, step)),
            default=np.inf,
        )

    def on_epoch_end(self, epoch, logs=None):
        """Scores, where it is this epoch's turn."""
        if (epoch + 1) % self.every:
            return
        prior = samplers.prior(self.model.latent_dim)
        scores = self.evaluator.scores(self.model, [prior], epoch + 1)
        write_scores(self.run.scores, scores)
        with self._writer.as_default(step=epoch + 1):
            for score in scores:
                of = score.conditions.get("of")
                tf.summary.scalar(f"scores/{score.name}{f'_of_{of}' if of else ''}", score.value)
        self._writer.flush()
        for score in scores:
            if self._selects(score, epoch + 1) and score.value < self._best:
                self._best = score.value
                with replace_when_complete(self.run.best_checkpoint) as path:
                    self.model.save(path)

    def on_train_end(self, logs=None):
        """Closes the event file."""
        self._writer.close()

    def _selects(self, score, last_step: int) -> bool:
        return (
            score.name == self.evaluator.selection_score
            and score.conditions["sampler"] == "prior"
            and score.step <= last_step
        )
