"""Writes codes of held-out images for TensorBoard's Projector."""

from collections.abc import Iterable, Sequence

import numpy as np
from tensorboard.plugins import projector

from ivaae_tf.evaluation import named_batches
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.plots import files
from ivaae_tf.plots.images import image_grid, save_png
from ivaae_tf.program.shown_text import escaped
from ivaae_tf.runs.directory import RunDirectory
from pipelines.images.transforms import scale
from pipelines.records.image_dataset import ImageDataset

MOST_PIXELS = 8192  # largest width and height of a picture that browsers accept


def project(
    run: RunDirectory, model: InterventionAutoencoder, dataset: ImageDataset, number: int
) -> None:
    """Writes codes of held-out images, their classes and a picture of all images.

    Args:
        run: The run.
        model: The model of the run.
        dataset: The data of the run.
        number: Largest number of images; fewer are written if they do not fit in one picture.
    """
    height, width, _ = model.image_shape
    number = min(number, (MOST_PIXELS // max(height, width)) ** 2)

    # Encode the first held-out images.
    names, kinds, images, codes = [], [], [], []
    for batch in named_batches.of_split(dataset, "validation", (height, width)):
        names += batch.names
        kinds += batch.kinds
        images.append(batch.images)
        codes.append(model.encode(scale(batch.images)).numpy())
        if len(names) >= number:
            break
    shown = np.concatenate(images)[:number]
    all_codes = np.concatenate(codes)[:number]

    # Write the codes, the labels and the picture.
    folder = run.logs_path / "projector"
    files.save(folder / "codes.tsv", _tsv([[f"{value:.6g}" for value in z] for z in all_codes]))
    # The Projector shows the first column next to a point.
    rows = [("class", "image"), *list(zip(kinds, names, strict=True))[:number]]
    files.save(folder / "labels.tsv", _tsv(rows))
    num_columns = int(np.ceil(np.sqrt(len(shown))))
    save_png(folder / "images.png", image_grid(shown, num_columns, gap=0))

    # Point the Projector to these files.
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "codes of held-out images"
    embedding.tensor_path = "projector/codes.tsv"
    embedding.metadata_path = "projector/labels.tsv"
    embedding.sprite.image_path = "projector/images.png"
    embedding.sprite.single_image_dim.extend([width, height])
    projector.visualize_embeddings(str(run.logs_path), config)


def _tsv(rows: Iterable[Sequence[str]]) -> bytes:
    return "".join("\t".join(map(escaped, row)) + "\n" for row in rows).encode()
