"""Scores during training, and selection of the best checkpoint."""

import math
from collections.abc import Callable, Iterator

import keras

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.models import samplers
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training.callbacks.non_finite import check_codes


class Evaluation(keras.callbacks.Callback):
    """Scores the model every few epochs and keeps the best checkpoint.

    Scores are printed and written to the run folder. The best checkpoint has the lowest Fréchet
    distance of samples (FLD without an extractor) among those scored under the same conditions.

    Args:
        run: The run folder.
        evaluator: Computes the scores.
        every: Epochs between two evaluations, at least 1.
        sampler: Name of the sampler whose images are scored.
        report: Prints the table of scores.
    """

    def __init__(
        self,
        run: RunDirectory,
        evaluator: Evaluator,
        every: int,
        sampler: str = "prior",
        report: Callable[[str], None] = print,
    ):
        super().__init__()
        self._report = report
        self.run = run
        self.evaluator = evaluator
        self.every = every
        self.sampler = sampler

    def on_epoch_end(self, epoch, logs=None):
        """Scores the model after every `every` epochs."""
        if (epoch + 1) % self.every:
            return
        with self.model.weight_average.in_use():
            scores = list(self._scores(epoch + 1))
        self._report(format_scores(scores))
        for score in scores:
            if score.name == self.evaluator.selection_score and self._is_best(score, epoch + 1):
                self.run.save_best(self.model)

    def _scores(self, epoch: int) -> Iterator[Score]:
        """Yields the scores, each after it is stored."""
        codes = list(self.evaluator.codes(self.model)) if self.model.has_encoder else []
        for batch in codes:
            check_codes(batch, epoch)
        sampler = samplers.in_training(self.sampler, self.model, codes, epoch)
        for group in self.evaluator.scores(self.model, [sampler], epoch, codes):
            self.run.add_scores(group)
            yield from group

    def _is_best(self, score: Score, epoch: int) -> bool:
        """Returns whether a finite score is below the scores of all epochs before `epoch`.

        Only scores with the same name and conditions count. A killed run may have scored later
        epochs, which it now trains again. Without a best checkpoint, every finite score is best.
        """
        if not math.isfinite(score.value):
            return False
        return not self.run.best_checkpoint_path.exists() or all(
            score.value < other.value
            for other in self.run.read_scores()
            if (other.epoch or 0) < epoch
            and other.with_conditions(epoch=epoch).key == score.key
            and math.isfinite(other.value)
        )
