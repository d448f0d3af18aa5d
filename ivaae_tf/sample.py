"""Draws images from a SavedModel: `ivaae sample --saved_model=DIR --grid=grid.png`.

Give at least one of --grid, --out_dir, --interpolation; each is written completely or not at all.
"""

from collections.abc import Container, Iterator
from pathlib import Path

import pipelines.startup  # noqa: F401

import numpy as np
import tensorflow as tf
from absl import flags
from PIL import Image
from tqdm import tqdm

from ivaae_tf.interpolation import spherical_interpolation
from ivaae_tf.plots.images import image_grid, save_png
from ivaae_tf.samplers import SAMPLERS, batch_seeds
from pipelines import command_line
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

_SAVED_MODEL = flags.DEFINE_string("saved_model", None, "Output of `ivaae export`.", required=True)
_GRID = flags.DEFINE_string("grid", None, "PNG file to write: a grid of samples.")
_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "New folder to write: one PNG file per sample, for other programs to measure."
)
_INTERPOLATION = flags.DEFINE_string("interpolation", None, "PNG file to write: interpolations.")
_NUM_IMAGES = flags.DEFINE_integer("num_images", 64, "Number of samples to draw.", lower_bound=1)
_NUM_COLUMNS = flags.DEFINE_integer(
    "num_columns", 8, "Images in a row of --grid and --interpolation.", lower_bound=2
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed; the same seed gives the same images.", lower_bound=0)
_SAMPLER = flags.DEFINE_enum(
    "sampler",
    None,
    SAMPLERS,
    "Source of the codes, if it was exported; by default that of the method.",
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 100, "Number of images in a batch.", lower_bound=1)

_NUM_STRIPS = 8


def main(argv) -> None:
    """Writes the files that the flags name."""
    del argv
    _check_targets()
    model = _load(_SAVED_MODEL.value)
    if _GRID.value:
        images = np.concatenate(list(sample_batches(model, _NUM_IMAGES.value)))
        save_png(Path(_GRID.value), image_grid(images, _NUM_COLUMNS.value))
        print(f"grid of {len(images)} samples in {_GRID.value}")
    if _OUT_DIR.value:
        write_files(model, Path(_OUT_DIR.value), _NUM_IMAGES.value)
        print(f"{_NUM_IMAGES.value} samples in {_OUT_DIR.value}")
    if _INTERPOLATION.value:
        save_png(Path(_INTERPOLATION.value), interpolation_strips(model))
        print(f"{_NUM_STRIPS} interpolations in {_INTERPOLATION.value}")


def sample_batches(model, num_images: int) -> Iterator[np.ndarray]:
    """Yields uint8 batches of samples, each with its own seed derived from --seed."""
    draw = model.signatures[_signature(model.signatures)]
    for size, seed in batch_seeds(_SEED.value, num_images, _BATCH_SIZE.value):
        yield draw(num_images=tf.constant(size), seed=tf.constant(seed))["images"].numpy()


def write_files(model, folder: Path, num_images: int) -> None:
    """Writes 000000.png, 000001.png, … to a new folder."""
    with (
        replace_when_complete(folder, is_folder=True) as temporary,
        tqdm(total=num_images, unit="image") as progress,
    ):
        for images in sample_batches(model, num_images):
            for image in images:
                name = f"{progress.n:06d}.png"
                Image.fromarray(image.squeeze()).save(temporary / name)
                progress.update()


def interpolation_strips(model) -> np.ndarray:
    """Returns a picture of rows that lead from one prior code to another."""
    decode = model.signatures["decode"]
    latent_dim = decode.structured_input_signature[1]["z"].shape[-1]
    ends = np.random.default_rng(_SEED.value).standard_normal((2, _NUM_STRIPS, latent_dim))
    weights = tf.linspace(0.0, 1.0, _NUM_COLUMNS.value)
    start, end = tf.cast(ends, tf.float32)
    z = spherical_interpolation(start, end, weights)
    images = decode(z=tf.reshape(z, [-1, latent_dim]))["images"]
    return image_grid(images.numpy(), _NUM_COLUMNS.value)


def _signature(signatures: Container[str]) -> str:
    """Returns the name of the signature that --sampler names."""
    name = f"sample_{_SAMPLER.value}" if _SAMPLER.value else "sample"
    # Version 0.1.0 did not write `sample_prior`: its `sample` was the prior.
    return "sample" if name == "sample_prior" and name not in signatures else name


def _check_targets() -> None:
    if not (_GRID.value or _OUT_DIR.value or _INTERPOLATION.value):
        raise UserError("give at least one of --grid, --out_dir, --interpolation")
    folder = Path(_OUT_DIR.value or "")
    if _OUT_DIR.value and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"--out_dir: {folder} exists and is not an empty folder")


def _load(path: str):
    """Returns the SavedModel.

    Raises:
        UserError: If it is missing or damaged, or lacks a signature.
    """
    if not (Path(path) / "saved_model.pb").exists():
        raise UserError(f"--saved_model: {path} is not a SavedModel (it has no saved_model.pb)")
    try:
        model = tf.saved_model.load(path)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(f"--saved_model: {path} is damaged") from error
    if missing := {_signature(model.signatures), "decode"} - set(model.signatures):
        option = f" --sampler={_SAMPLER.value}" if _SAMPLER.value else ""
        raise UserError(
            f"--saved_model: {path} has no signature {' or '.join(sorted(missing))}; "
            f"`ivaae export{option}` writes it"
        )
    return model


if __name__ == "__main__":
    command_line.run(main)
