"""Scores a run: `ivaae evaluate --workdir=runs/demo`.

Scores the best checkpoint, or the last if there is no best one. Adds each score to `scores.json` in
the run's folder and to TensorBoard as soon as it is known, and prints all.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.methods import SAMPLERS
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.ranges import Range

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Scores the run."""
    del argv
    shared_flags.import_network(FLAGS.network)
    from ivaae_tf.evaluation.run_scores import score_run
    from ivaae_tf.metrics.score_table import format_scores
    from ivaae_tf.runs.directory import RunDirectory

    values = FLAGS.flag_values_dict()
    run = RunDirectory(FLAGS.workdir)
    scores = score_run(
        run,
        data=data_flags.data_location(values),
        evaluation=shared_flags.evaluation_values(values),
        samplers=FLAGS.sampler or [],
        num_components=FLAGS.num_components,
        num_nearest=FLAGS.num_nearest,
        per_class=FLAGS.per_class,
        num_projected=FLAGS.num_projected,
    )
    print(format_scores(scores))
    print(f"\nadded to {run.scores_path}")
    if FLAGS.num_nearest:
        print(f"samples beside their nearest training images in {run.nearest_path}")


def define_flags() -> None:
    """Defines the flags of the run, the data, the evaluation and further scores."""
    shared_flags.define_workdir_flag()
    shared_flags.define_network_flag()
    shared_flags.define_evaluation_flags()
    flags.DEFINE_multi_enum(
        "sampler",
        None,
        SAMPLERS,
        "Source of the codes of samples; repeatable. By default the method's sampler.",
    )
    define_number("num_components", 10, "Number of components of --sampler=gmm.", Range(1, 100_000))
    define_number(
        "num_nearest",
        0,
        "Samples to show beside their nearest training images; above 0, also measures whether "
        "samples are copies.",
        Range(0, 1000),
    )
    flags.DEFINE_bool(
        "per_class",
        False,
        "Score the reconstructions of each class, and store its mean code for `ivaae sample "
        "--edit`.",
    )
    define_number(
        "num_projected",
        0,
        "Held-out codes to write for TensorBoard's Projector.",
        Range(0, 100_000),
    )
    data_flags.define_data_location_flags()


COMMAND = Command(main, define_flags, __doc__)
