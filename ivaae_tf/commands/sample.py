"""Draws images from a SavedModel: `ivaae sample --saved_model=DIR --grid=grid.png`.

Give at least one of --grid, --out_dir, --interpolation; each is written completely or not at all.
"""

from collections.abc import Container, Iterator
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
import tensorflow as tf
from absl import flags
from PIL import Image
from tqdm import tqdm

from ivaae_tf import commands
from ivaae_tf.commands.sample_targets import parse_edit
from ivaae_tf.models.image_model import spherical_interpolation
from ivaae_tf.models.samplers import batch_seeds
from ivaae_tf.plots.images import image_grid, save_png
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError

FLAGS = flags.FLAGS
commands.SAMPLE.define_flags()

_NUM_STRIPS = 8


def main(argv) -> None:
    """Writes the files that the flags name."""
    del argv
    model = _load(FLAGS.saved_model)
    if FLAGS.grid:
        images = np.concatenate(list(sample_batches(model, FLAGS.num_images)))
        save_png(Path(FLAGS.grid), image_grid(images, FLAGS.num_columns))
        print(f"grid of {len(images)} samples in {FLAGS.grid}")
    if FLAGS.out_dir:
        write_files(model, Path(FLAGS.out_dir), FLAGS.num_images)
        print(f"{FLAGS.num_images} samples in {FLAGS.out_dir}")
    if FLAGS.interpolation:
        save_png(Path(FLAGS.interpolation), interpolation_strips(model))
        print(f"{_NUM_STRIPS} interpolations in {FLAGS.interpolation}")


def sample_batches(model, num_images: int) -> Iterator[np.ndarray]:
    """Yields uint8 batches of samples, each with its own seed derived from --seed."""
    draw = model.signatures[_signature(model.signatures)]
    for size, seed in batch_seeds(FLAGS.seed, num_images, FLAGS.batch_size):
        drawn = draw(num_images=tf.constant(size), seed=tf.constant(seed))
        yield (_edited(model, drawn["z"]) if FLAGS.edit else drawn["images"]).numpy()


def _edited(model, z: tf.Tensor) -> tf.Tensor:
    """Returns the images of codes that are moved as --edit says.

    Raises:
        UserError: If the model has no such label.
    """
    label, strength = parse_edit(FLAGS.edit)
    try:
        moved = model.signatures["edit"](
            z=z, label=tf.constant(label), strength=tf.constant(strength)
        )
    except tf.errors.InvalidArgumentError as error:
        raise UserError(
            f"--edit={FLAGS.edit}: {FLAGS.saved_model} has no label {label!r}; its README.md lists "
            "the labels of `edit`"
        ) from error
    return moved["images"]


def write_files(model, folder: Path, num_images: int) -> None:
    """Writes 000000.png, 000001.png, … to a new folder."""
    with (
        replace_when_complete(folder, is_folder=True, is_new=True) as temporary,
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
    ends = np.random.default_rng(FLAGS.seed).standard_normal((2, _NUM_STRIPS, latent_dim))
    weights = tf.linspace(0.0, 1.0, FLAGS.num_columns)
    start, end = tf.cast(ends, tf.float32)
    z = spherical_interpolation(start, end, weights)
    images = decode(z=tf.reshape(z, [-1, latent_dim]))["images"]
    return image_grid(images.numpy(), FLAGS.num_columns)


def _signature(signatures: Container[str]) -> str:
    """Returns the name of the signature that --sampler names."""
    name = f"sample_{FLAGS.sampler}" if FLAGS.sampler else "sample"
    # Version 0.1.0 did not write `sample_prior`: its `sample` was the prior.
    return "sample" if name == "sample_prior" and name not in signatures else name


def _load(path: str):
    """Returns the SavedModel.

    Raises:
        UserError: If it is missing or damaged, or lacks a signature.
    """
    file = Path(path) / "saved_model.pb"
    if not file.is_file():
        raise UserError(f"--saved_model: {path} is not a SavedModel (it has no saved_model.pb)")
    try:
        with parsing(file):
            model = tf.saved_model.load(path)
    except DamagedFileError as error:
        raise UserError(f"--saved_model: {path} is damaged: {error.reason}") from error
    if missing := {_signature(model.signatures), "decode"} - set(model.signatures):
        option = f" --sampler={FLAGS.sampler}" if FLAGS.sampler else ""
        raise UserError(
            f"--saved_model: {path} has no signature {' or '.join(sorted(missing))}; "
            f"`ivaae export{option}` writes it"
        )
    if FLAGS.edit and "edit" not in model.signatures:
        raise UserError(
            f"--edit: {path} has no signature edit; `ivaae export` writes it after `ivaae evaluate "
            "--per_class`"
        )
    for name, takes in ((_signature(model.signatures), {"num_images", "seed"}), ("decode", {"z"})):
        signature = model.signatures[name]
        found = set(signature.structured_input_signature[1])
        if found != takes or "images" not in signature.structured_outputs:
            raise UserError(
                f"--saved_model: {path} was not written by `ivaae export`: its signature {name} "
                f"takes {', '.join(sorted(found)) or 'nothing'}"
            )
    return model


if __name__ == "__main__":
    command_line.run(main, commands.SAMPLE)
