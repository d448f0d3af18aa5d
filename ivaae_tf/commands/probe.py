"""Classifies images from the frozen encoders of finished runs: Figure 5 of the paper.

    ivaae probe --workdir=runs/aae --workdir=runs/ivaae --out=runs/probe

Trains a perceptron with two hidden layers of 1,000 units on the frozen encoder's last hidden layer,
the input of the codes' layer, with the labels of the training images.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.data_flags import data_location, define_data_location_flags
from ivaae_tf.commands.shared_flags import define_network_flag, define_out_flag, import_network
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_paths
from ivaae_tf.program.ranges import SEEDS, STEPS, Range
from ivaae_tf.setting_fields import LEARNING_RATES

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Probes the runs one by one, and writes all finished ones after each."""
    del argv
    import_network(FLAGS.network)
    from ivaae_tf.evaluation.studies.probe import check_dataset, probe_run
    from ivaae_tf.plots import charts, files
    from ivaae_tf.runs.finished import open_runs

    runs = open_runs(FLAGS.workdir)
    for run in runs.values():
        run.check_has_encoder()
    data = data_location(FLAGS.flag_values_dict())
    datasets = {name: run.open_dataset(**data) for name, run in runs.items()}
    for name, dataset in datasets.items():
        check_dataset(runs[name], dataset, FLAGS.batch_size)
    out = Path(FLAGS.out)
    out.mkdir(parents=True, exist_ok=True)
    table, figure = out / "probe.csv", out / "probe_test_error.png"
    rows, lines = [], []
    for style, (name, run) in enumerate(runs.items()):
        errors = probe_run(
            name,
            run,
            datasets[name],
            folder=out,
            num_steps=FLAGS.num_steps,
            measure_every=FLAGS.measure_every,
            batch_size=FLAGS.batch_size,
            learning_rate=FLAGS.learning_rate,
            seed=FLAGS.seed,
        )
        rows += [(name, step, error) for step, error in errors]
        lines.append(charts.Line(name, style, *zip(*errors, strict=True)))
        chart = charts.Chart("Test error", tuple(lines))
        files.save(table, files.to_csv(("run", "step", "test_error"), rows))
        files.save(figure, charts.draw([chart], "steps of the probe"))
        print(f"{name}: test error {errors[-1][1]:.4f} after {errors[-1][0]} steps")
    print(f"{table}\n{figure}")


def define_flags() -> None:
    """Defines the flags of the runs and of the probe."""
    define_paths("workdir", "Folder of a finished run; repeatable.", path_flags.existing_folder)
    define_network_flag()
    define_out_flag("Folder for table, figure and temporary features.")
    define_number("num_steps", 5000, "Steps of the probe.", STEPS)
    define_number("measure_every", 100, "Steps between two test errors.", STEPS)
    define_number("batch_size", 60, "Images per step.", Range(1, 1_000_000))
    define_number("learning_rate", 1e-4, "Learning rate of Adam.", LEARNING_RATES)
    define_number("seed", 0, "Seed of the probe and of the order of images.", SEEDS)
    define_data_location_flags()


COMMAND = Command(main, define_flags, __doc__)
