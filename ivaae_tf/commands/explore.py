"""Writes a page to look around in a latent space.

    ivaae explore --workdir=runs/demo --out=explorer

The page runs encoder and decoder in the browser, and needs no network: sliders along the principal
directions of the codes, walks between two codes, one's own pictures with their errors, and the
bridge T_0(z), …, T_t(z) of every code. A file server opens it:

    python -m http.server --bind 127.0.0.1 --directory explorer
"""

import json
import shlex
import shutil
from importlib import resources
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
from absl import flags
from PIL import Image

from ivaae_tf import commands
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.export import onnx_model
from ivaae_tf.export.explorer import latent_space, onnxruntime_web
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.images.transforms import unscale
from pipelines.records import opening
from pipelines.records.image_dataset import ImageDataset

FLAGS = flags.FLAGS
commands.EXPLORE.define_flags()

_NUM_CODES = 10_000
_FACTS = "explorer.json"


def main(argv) -> None:
    """Writes the page and all that it needs."""
    del argv
    run, out = RunDirectory(FLAGS.workdir), Path(FLAGS.out)
    is_new = not out.exists()
    if not is_new and not (FLAGS.overwrite and (out / _FACTS).exists()):
        raise UserError(f"--out: {out} exists; give a new folder, or --overwrite for an explorer")
    record = run.read_record()
    run.check_has_encoder(with_chain=True)
    onnx_model.check_installed()
    dataset = run.open_dataset(**data_location(FLAGS.flag_values_dict()))
    model = run.load_best()
    sampler = run.load_sampler(record.settings.sampler, model)
    with replace_written_folder(out, is_new=is_new) as folder:
        _copy_page(folder)
        onnxruntime_web.copy_files(
            FLAGS.onnxruntime_web, Path(FLAGS.data_dir), folder / "onnxruntime"
        )
        onnx_model.write(model, record.settings, folder)
        num_examples = write_examples(dataset, model, folder)
        codes = training_codes(dataset, model)
        facts = latent_space.describe(record, model, sampler, codes, num_examples)
        (folder / _FACTS).write_text(json.dumps(facts, allow_nan=False), "utf-8")
    server = ["python", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(out)]
    print(f"explorer in {out}; open it with\n  {shlex.join(server)}")


def training_codes(dataset: ImageDataset, model: InterventionAutoencoder) -> np.ndarray:
    """Returns the codes of the first training images, shape (n, d)."""
    evaluator = Evaluator(
        dataset, model.image_shape[0], None, Path(FLAGS.data_dir), num_codes=_NUM_CODES
    )
    codes = np.concatenate(list(evaluator.codes(model)))
    if len(codes) < 2 or not np.ptp(codes, axis=0).any():
        raise UserError(f"--workdir: all training images of {FLAGS.workdir} have the same code")
    return codes


def write_examples(dataset: ImageDataset, model: InterventionAutoencoder, folder: Path) -> int:
    """Writes the first held-out images as example_0.png, …; returns their number."""
    number = FLAGS.num_examples
    images = np.empty((0, *model.image_shape), np.uint8)
    if number:
        batches = evaluation_batches(
            dataset, "validation", image_size=model.image_shape[0], batch_size=number
        )
        images = unscale(next(iter(batches))).numpy()
    for index, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"example_{index}.png")
    return len(images)


def _copy_page(folder: Path) -> None:
    page = resources.files("ivaae_tf.export.explorer") / "page"
    with resources.as_file(page) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)


if __name__ == "__main__":
    command_line.run(main, commands.EXPLORE, opening.with_record)
