"""Scores a run: `ivaae evaluate --workdir=runs/demo`.

Scores the best checkpoint, or the last if there is no best one. Adds each score to `scores.json` in
the run's folder and to TensorBoard as soon as it is known, and prints all.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import DataOptions, EvaluationOptions, ScoreOptions
from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import define_setting_flags
from ivaae_tf.program.command import Command

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Scores the run."""
    del argv
    from ivaae_tf.api.opening import open_run
    from ivaae_tf.metrics.score_table import format_scores

    run = open_run(FLAGS.workdir, FLAGS.network)
    kinds = (ScoreOptions, EvaluationOptions, DataOptions)
    print(format_scores(run.evaluate(**keywords(FLAGS.flag_values_dict(), *kinds))))
    print(f"\nadded to {run.files.scores_path}")
    if FLAGS.num_nearest:
        print(f"samples beside their nearest training images in {run.files.nearest_path}")


def define_flags() -> None:
    """Defines the flags of the run, the data, the evaluation and further scores."""
    shared_flags.define_workdir_flag()
    shared_flags.define_network_flag()
    define_setting_flags(EvaluationOptions)
    define_setting_flags(ScoreOptions)
    data_flags.define_data_location_flags()


COMMAND = Command(main, define_flags, __doc__)
