"""A film of how a run learned."""

from pathlib import Path

from PIL import Image

from ivaae_tf.plots.images import read_png
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs import tensorboard_files
from ivaae_tf.runs.directory import RunDirectory

PICTURES = ("samples", "reconstructions")
_LAST_FRAME = 4  # times as long as the others


def write_film(run: RunDirectory, out: Path, pictures: str, frames_per_second: float) -> list[int]:
    """Writes an animated WebP of a run's pictures in its logs; returns their epochs.

    Args:
        run: The folder of the run.
        out: The file.
        pictures: A name of `PICTURES`.
        frames_per_second: Epochs with pictures per second, above 0.

    Raises:
        UserError: If the run has fewer than two sets of pictures.
    """
    run.read_record().check_has_pictures(run.path)
    found = tensorboard_files.images(run.logs_path, pictures)
    if len(found) < 2:
        raise UserError(
            f"--workdir: {run.path} has {len(found)} set(s) of {pictures} in its logs; a film "
            "needs at least 2 (--pictures_every)"
        )
    frames = [Image.fromarray(read_png(png)) for _, png in sorted(found.items())]
    milliseconds = round(1000 / frames_per_second)
    with replace_when_complete(out) as path:
        frames[0].save(
            path,
            "WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=[milliseconds] * (len(frames) - 1) + [_LAST_FRAME * milliseconds],
            loop=0,
            quality=80,
        )
    return sorted(found)
