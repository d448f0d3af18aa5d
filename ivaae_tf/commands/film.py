"""Shows how a run learned: `ivaae film --workdir=runs/demo --out=demo.webp`.

An animated WebP of the samples of every epoch with pictures, each from the same noise, which
browsers and README files show.
"""

from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

from absl import flags
from PIL import Image

from ivaae_tf import commands
from ivaae_tf.plots.images import read_png
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs import tensorboard_files
from ivaae_tf.runs.directory import RunDirectory

FLAGS = flags.FLAGS
commands.FILM.define_flags()

_LAST_FRAME = 4  # times as long as the others


def main(argv) -> None:
    """Writes the film."""
    del argv
    run = RunDirectory(FLAGS.workdir)
    run.read_record()
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


if __name__ == "__main__":
    command_line.run(main, commands.FILM)
