"""Draws what a small model of emoji does, and its curves: docs/images/emoji*.

python -m examples.emoji --workdir=runs/emoji --image_folder=emoji/package/img/google/64

docs/tutorials/emoji.md has the command that trains the model, and the sources of the images.
"""

import argparse
import csv
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import ivaae_tf.program.startup  # noqa: F401

import matplotlib
import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits, load_sample_image

from ivaae_tf.evaluation.named_batches import of_split
from ivaae_tf.evaluation.outliers.costs import image_costs
from ivaae_tf.evaluation.outliers.run_outliers import find_outliers
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.plots import charts
from ivaae_tf.runs.directory import RunDirectory
from pipelines.folder.named_images import NamedFolder
from pipelines.images.transforms import unscale
from pipelines.records.image_dataset import ImageDataset

# Images of the validation split that have no variant in the training split, such as another skin
# tone. They were chosen before any reconstruction was seen.
SHOWN = ("1f60b", "1f34d", "1f427", "1f691", "1f3f0", "1f337")
BRIDGED = SHOWN[:2]
NORMAL = "1f381"
SEED = 1  # of the samples

OUT = Path(__file__).parents[1] / "docs" / "images"

# Pixels of the picture, which a page shows at half its size.
_TILE, _GAP, _MARGIN = 116, 8, 32
_TITLE, _CAPTION = 44, 38
_COLUMNS, _PANELS_IN_A_ROW = 6, 2
_INK, _GRAY = "#1d2126", "#57606a"


class Panel(NamedTuple):
    """Two rows of images.

    Attributes:
        title: Text above the images.
        images: uint8, shape (2, 6, h, w, 3).
        captions: Below each row, texts that share its width equally.
    """

    title: str
    images: np.ndarray
    captions: tuple[Sequence[str], Sequence[str]]


def main() -> None:
    """Reads the run and the emoji, and writes both pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workdir", required=True)
    parser.add_argument("--image_folder", required=True, type=Path)
    parser.add_argument("--data_dir", default="data")
    parser.add_argument("--out", default=OUT, type=Path)
    flags = parser.parse_args()
    run = RunDirectory(flags.workdir)
    model = run.load_best()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "images")
        write_images(folder, flags.image_folder)
        images = read(folder, model.image_shape[0])
        check_held_out(images, run.open_dataset(flags.data_dir))
        p_values = find_p_values(run, folder, Path(temporary, "outliers"), flags.data_dir)
    panels = [
        reconstructions(model, images),
        samples(model),
        bridges(model, images),
        outliers(model, images, p_values),
    ]
    draw(panels).save(flags.out / "emoji.jpg", quality=85, subsampling=0, optimize=True)
    (flags.out / "emoji_curves.png").write_bytes(curves(run.read_history()))


def write_images(folder: Path, emoji: Path) -> None:
    """Copies the emoji to a new folder, and adds three images that do not fit."""
    folder.mkdir()
    for name in (*SHOWN, NORMAL):
        shutil.copy(emoji / f"{name}.png", folder)
    Image.fromarray(load_sample_image("flower.jpg")).save(folder / "photo.png")
    digit = np.uint8(load_digits().images[5] * 255 / 16)
    Image.fromarray(digit).resize((64, 64), Image.Resampling.BICUBIC).save(folder / "digit.png")
    damaged = Image.open(emoji / f"{NORMAL}.png")
    ImageDraw.Draw(damaged).line([(8, 44), (56, 28)], fill="black", width=9)
    damaged.save(folder / "damaged.png")


def read(folder: Path, image_size: int) -> dict[str, np.ndarray]:
    """Returns the images of a folder by their names, as they are read for training."""
    batches = NamedFolder(str(folder)).batches(image_size=image_size, channels=3, batch_size=100)
    return {
        Path(name).stem: image
        for batch in batches
        for name, image in zip(batch.names, batch.images, strict=True)
    }


def check_held_out(images: Mapping[str, np.ndarray], dataset: ImageDataset) -> None:
    """Checks that the emoji are in the validation split.

    Raises:
        ValueError: If one is not.
    """
    size = len(images[NORMAL])
    held_out = {
        image.tobytes() for batch in of_split(dataset, "validation", size) for image in batch.images
    }
    for name in (*SHOWN, NORMAL):
        if images[name].tobytes() not in held_out:
            raise ValueError(f"{name} is not in the validation split")


def find_p_values(run: RunDirectory, folder: Path, out: Path, data_dir: str) -> dict[str, float]:
    """Returns the p-value of each image of a folder, as `ivaae outliers` computes it."""
    find_outliers(
        run,
        out,
        image_folder=str(folder),
        split="",
        normal=[],
        false_alarm_rate=None,
        num_worst=1,
        data_dir=data_dir,
        training_folder=None,
        manual_dir=None,
    )
    with (out / "outliers.csv").open(encoding="utf-8") as table:
        return {Path(row["file"]).stem: float(row["p_value"]) for row in csv.DictReader(table)}


def reconstructions(model: InterventionAutoencoder, images: Mapping[str, np.ndarray]) -> Panel:
    """Shows images above their reconstructions."""
    shown = np.stack([images[name] for name in SHOWN])
    _, z, x_hat = image_costs(model, shown)
    return Panel(
        "Encode and decode",
        np.stack([shown, x_hat]),
        (
            ["emoji that the model was not trained on"],
            [f"decoded from codes of {z.shape[1]} numbers"],
        ),
    )


def samples(model: InterventionAutoencoder) -> Panel:
    """Shows new images."""
    images = unscale(model.sample(2 * _COLUMNS, SEED)).numpy()
    return Panel(
        "Sample",
        images.reshape(2, _COLUMNS, *images.shape[1:]),
        ([], ["new images from random codes"]),
    )


def bridges(model: InterventionAutoencoder, images: Mapping[str, np.ndarray]) -> Panel:
    """Shows two images, each with its decoded rungs."""
    shown = np.stack([images[name] for name in BRIDGED])
    _, z, _ = image_costs(model, shown)
    rungs = [unscale(model.decode(rung)) for rung in model.intervention(z)]
    return Panel(
        "Bridges: from the code of an image to noise",
        np.stack([shown, *rungs], axis=1),
        ([], ["image", "its code", "", "", "", "noise"]),
    )


def outliers(
    model: InterventionAutoencoder,
    images: Mapping[str, np.ndarray],
    p_values: Mapping[str, float],
) -> Panel:
    """Shows images with their reconstructions and errors, and their p-values."""
    titles = {NORMAL: "undamaged", "damaged": "damaged", "photo": "a photo", "digit": "a digit"}
    shown = np.stack([images[name] for name in titles])
    _, _, x_hat = image_costs(model, shown)
    errors = np.abs(shown - x_hat.numpy().astype(float)).mean(axis=-1)
    maps = matplotlib.colormaps["magma"](errors / errors.max(), bytes=True)[..., :3]
    triples = np.stack([shown, x_hat, maps], axis=1)
    captions = [f"{title}, p = {p_values[name]:.2g}" for name, title in titles.items()]
    return Panel(
        "Find outliers: image, reconstruction, error",
        triples.reshape(2, _COLUMNS, *triples.shape[2:]),
        (captions[:2], captions[2:]),
    )


def curves(history: Mapping[int, Mapping[str, float]]) -> bytes:
    """Returns a PNG of the reconstruction losses and the JS estimate, over the epochs."""

    def line(label: str, style: int, name: str) -> charts.Line:
        return charts.Line(label, style, list(history), [each[name] for each in history.values()])

    losses = (
        line("training images", 0, "reconstruction_loss"),
        line("held-out images", 1, "val_reconstruction_loss"),
    )
    return charts.draw(
        [
            charts.Chart("reconstruction loss", losses, is_linear=True),
            charts.Chart("js_estimate", (line("all rungs", 2, "js_estimate"),), is_linear=True),
        ],
        x_label="epoch",
    )


def draw(panels: Sequence[Panel]) -> Image.Image:
    """Returns the picture, with two panels in a row."""
    width = _COLUMNS * (_TILE + _GAP) - _GAP
    height = _TITLE + 2 * (_TILE + _CAPTION) + _MARGIN // 2
    num_rows = -(-len(panels) // _PANELS_IN_A_ROW)
    size = (_MARGIN + _PANELS_IN_A_ROW * (width + _MARGIN), _MARGIN // 2 + num_rows * height)
    picture = Image.new("RGB", size, "white")
    for index, panel in enumerate(panels):
        row, column = divmod(index, _PANELS_IN_A_ROW)
        left, top = _MARGIN + column * (width + _MARGIN), _MARGIN // 2 + row * height
        _draw_panel(picture, panel, left, top)
    return picture


def _draw_panel(picture: Image.Image, panel: Panel, left: int, top: int) -> None:
    pen = ImageDraw.Draw(picture)
    pen.text((left, top), panel.title, _INK, _font("bold", 24))
    for row, (images, captions) in enumerate(zip(panel.images, panel.captions, strict=True)):
        y = top + _TITLE + row * (_TILE + _CAPTION)
        for column, image in enumerate(images):
            tile = Image.fromarray(image).resize((_TILE, _TILE), Image.Resampling.LANCZOS)
            picture.paste(tile, (left + column * (_TILE + _GAP), y))
        for number, caption in enumerate(captions):
            share = _COLUMNS * (_TILE + _GAP) / len(captions)
            middle = left + (number + 0.5) * share - _GAP / 2
            pen.text((middle, y + _TILE + 4), caption, _GRAY, _font("normal", 20), anchor="ma")


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    properties = font_manager.FontProperties(family="DejaVu Sans", weight=weight)
    return ImageFont.truetype(font_manager.findfont(properties), size)


if __name__ == "__main__":
    main()
