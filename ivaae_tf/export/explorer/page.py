"""The explorer's page with the files that it reads."""

import json
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.export import onnx_model
from ivaae_tf.export.explorer import latent_space, onnxruntime_web
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.images.transforms import unscale
from pipelines.records.image_dataset import ImageDataset

FACTS = "explorer.json"
_NUM_CODES = 10_000
_NEEDED = {"prior": "gaussian", "num_categories": 0}


def write_new(run: RunDirectory, out: Path, *, overwrite: bool, **options: Any) -> None:
    """Writes the page to a new folder, or instead of an older page; the options are of `write`.

    Raises:
        UserError: As `write`; or if the folder exists and is not a page, or may not be replaced.
    """
    with replace_written_folder(
        out,
        may_replace=overwrite and (out / FACTS).exists(),
        advice="give a new folder, or --overwrite to replace an explorer",
    ) as folder:
        write(run, folder, **options)


def write(
    run: RunDirectory,
    folder: Path,
    *,
    data: Mapping[str, Any],
    num_examples: int,
    onnxruntime_web_folder: str | None,
) -> None:
    """Writes the page, the networks and the facts of a run to a folder.

    Args:
        run: The folder of a run whose codes are in a game with the prior.
        folder: Folder to write to.
        data: Arguments of `RunDirectory.open_dataset`.
        num_examples: Held-out images that the page offers.
        onnxruntime_web_folder: Folder with the files of onnxruntime-web; None to download them.

    Raises:
        UserError: If the run or its data lack what is needed, or ONNX is not installed.
    """
    record = run.read_record()
    record.check_has_pictures(run.path)
    run.check_has_encoder(with_chain=True)
    for name, needed in _NEEDED.items():
        if (found := getattr(record.settings, name)) != needed:
            raise UserError(
                f"--workdir: the page has no interventions of --{name}={found}; expected {needed}"
            )
    onnx_model.check_installed()
    dataset = run.open_dataset(**data)
    model = run.load_best()
    sampler = run.load_sampler(record.settings.sampler, model)
    page = resources.files("ivaae_tf.export.explorer") / "page"
    with resources.as_file(page) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    data_dir = Path(data["data_dir"])
    onnxruntime_web.copy_files(onnxruntime_web_folder, data_dir, folder / "onnxruntime")
    onnx_model.write(model, record.settings, folder)
    labels = _write_examples(dataset, model, folder, num_examples)
    evaluator = Evaluator(dataset, model.image_shape[:2], None, data_dir, num_codes=_NUM_CODES)
    codes = np.concatenate(list(evaluator.codes(model)))
    if len(codes) < 2 or not np.ptp(codes, axis=0).any():
        raise UserError(f"--workdir: all training images of {run.path} have the same code")
    facts = latent_space.describe(record, model, sampler, codes, labels)
    (folder / FACTS).write_text(json.dumps(facts, allow_nan=False), "utf-8")


def _write_examples(
    dataset: ImageDataset, model: InterventionAutoencoder, folder: Path, number: int
) -> list[int]:
    """Writes the first held-out images as example_0.png, …; returns their labels, −1 for none."""
    if not number:
        return []
    batches = evaluation_batches(
        dataset,
        "validation",
        image_size=model.image_shape[:2],
        batch_size=number,
        with_labels=model.is_conditional,
    )
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(next(iter(batches)))
    for index, image in enumerate(unscale(images).numpy()):
        Image.fromarray(image.squeeze()).save(folder / f"example_{index}.png")
    return [-1] * len(images) if labels is None else labels.numpy().tolist()
