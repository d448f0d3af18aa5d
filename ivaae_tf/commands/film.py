"""Shows how a run learned: `ivaae film --workdir=runs/demo --out=demo.webp`.

Writes an animated WebP of the samples of every epoch with pictures, each from the same noise;
browsers and README files show it.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands.shared_flags import define_workdir_flag
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import Range

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the film."""
    del argv
    from ivaae_tf.api.opening import open_run

    epochs = open_run(FLAGS.workdir).film(FLAGS.out, FLAGS.pictures, FLAGS.frames_per_second)
    print(f"{len(epochs)} frames, epochs {epochs[0]} to {epochs[-1]}, in {FLAGS.out}")


def define_flags() -> None:
    """Defines the flags of the run and of the film."""
    define_workdir_flag(path_flags.existing_folder)
    define_path("out", None, "WebP file to write.", path_flags.output_film, required=True)
    flags.DEFINE_enum("pictures", "samples", ["samples", "reconstructions"], "Pictures to show.")
    define_number("frames_per_second", 5.0, "Epochs with pictures per second.", Range(0.1, 50.0))


COMMAND = Command(main, define_flags, __doc__)
