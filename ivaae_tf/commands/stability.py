"""Measures the stability of finished runs' games: Figures 2 and 3 of the paper.

    ivaae stability --workdir=runs/aae --workdir=runs/ivaae --out=runs/stability

Trains the discriminator alone, with the run's batch size, optimizer and order of images. Measures
its cross-entropy, and the norm of the encoder's gradient of the latent loss without weight mu_2.
With --two_classes, every run gets the discriminator of an adversarial auto-encoder.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.data_flags import data_location, define_data_location_flags
from ivaae_tf.commands.shared_flags import define_network_flag, define_out_flag, import_network
from ivaae_tf.methods import METHODS
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_paths
from ivaae_tf.program.ranges import SEEDS, STEPS

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Studies the runs one by one, and writes all finished ones after each."""
    del argv
    import_network(FLAGS.network)
    if FLAGS.two_classes and not FLAGS.fresh_discriminator:
        raise UserError("--two_classes makes a new discriminator; remove --nofresh_discriminator")
    from ivaae_tf.evaluation.studies import stability_curves
    from ivaae_tf.evaluation.studies.stability import study_run
    from ivaae_tf.runs.finished import open_runs

    runs = open_runs(FLAGS.workdir)
    for run in runs.values():
        run.check_has_encoder(with_chain=True)
        method = run.read_record().settings.method
        if not (METHODS[method].has_discriminator or FLAGS.two_classes):
            raise UserError(
                f"--workdir: {run.path} was trained with {method}, which has no discriminator; "
                "--two_classes makes one"
            )
    data = data_location(FLAGS.flag_values_dict())
    datasets = {name: run.open_dataset(**data) for name, run in runs.items()}
    out = Path(FLAGS.out)
    out.mkdir(parents=True, exist_ok=True)
    studied = []
    for name, run in runs.items():
        studied.append(
            study_run(
                name,
                run,
                datasets[name],
                fresh_discriminator=FLAGS.fresh_discriminator,
                two_classes=FLAGS.two_classes,
                num_steps=FLAGS.num_steps,
                measure_every=FLAGS.measure_every,
                num_measured_batches=FLAGS.num_measured_batches,
                seed=FLAGS.seed,
            )
        )
        written = stability_curves.write(out, studied)
    print("\n".join(map(str, written)))


def define_flags() -> None:
    """Defines the flags of the runs, the discriminator and the measurements."""
    define_paths("workdir", "Folder of a finished run; repeatable.", path_flags.existing_folder)
    define_network_flag()
    define_out_flag("Folder for the table and the figures.")
    flags.DEFINE_bool(
        "fresh_discriminator",
        True,
        "Train the discriminator from scratch, with equal weights for equal shapes, instead of "
        "from the checkpoint.",
    )
    flags.DEFINE_bool(
        "two_classes",
        False,
        "Use a new two-class discriminator (codes or prior) for every run, so that all methods are "
        "comparable.",
    )
    define_number("num_steps", 2000, "Steps of the discriminator.", STEPS)
    define_number("measure_every", 50, "Steps between two measurements.", STEPS)
    define_number("num_measured_batches", 8, "Training batches per measurement.", STEPS)
    define_number("seed", 0, "Seed of the new discriminator weights.", SEEDS)
    define_data_location_flags()


COMMAND = Command(main, define_flags, __doc__)
