"""Shows how a run learned: `ivaae film --workdir=runs/demo --out=demo.webp`.

Writes an animated WebP of the samples of every epoch with pictures, each from the same noise;
browsers and README files show it.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.shared_flags import define_workdir_flag
from ivaae_tf.program import path_flags
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import Range

FLAGS = flags.FLAGS

_LAST_FRAME = 4  # times as long as the others


def main(argv: Sequence[str]) -> None:
    """Writes the film."""
    del argv
    from PIL import Image

    from ivaae_tf.plots.images import read_png
    from ivaae_tf.runs import tensorboard_files
    from ivaae_tf.runs.directory import RunDirectory

    run = RunDirectory(FLAGS.workdir)
    run.read_record().check_has_pictures(run.path)
    pictures = tensorboard_files.images(run.logs_path, FLAGS.pictures)
    if len(pictures) < 2:
        raise UserError(
            f"--workdir: {run.path} has {len(pictures)} set(s) of {FLAGS.pictures} in its logs; a "
            "film needs at least 2 (--pictures_every)"
        )
    frames = [Image.fromarray(read_png(png)) for _, png in sorted(pictures.items())]
    milliseconds = round(1000 / FLAGS.frames_per_second)
    durations = [milliseconds] * (len(frames) - 1) + [_LAST_FRAME * milliseconds]
    with replace_when_complete(Path(FLAGS.out)) as path:
        frames[0].save(
            path,
            "WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
            quality=80,
        )
    first, last = min(pictures), max(pictures)
    print(f"{len(frames)} frames, epochs {first} to {last}, in {FLAGS.out}")


def define_flags() -> None:
    """Defines the flags of the run and of the film."""
    define_workdir_flag(path_flags.existing_folder)
    define_path("out", None, "WebP file to write.", path_flags.output_film, required=True)
    flags.DEFINE_enum("pictures", "samples", ["samples", "reconstructions"], "Pictures to show.")
    define_number("frames_per_second", 5.0, "Epochs with pictures per second.", Range(0.1, 50.0))


COMMAND = Command(main, define_flags, __doc__)
