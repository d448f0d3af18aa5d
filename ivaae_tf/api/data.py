"""Data of the functions: arrays in memory, names of data sets, and paths."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivaae_tf.api.keywords import read
from ivaae_tf.api.options import DataDirectories, DataOptions
from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.records.image_dataset import ImageDataset


def open_dataset(
    data: Any, labels: Any = None, *, kind: str | None = None, **options: Any
) -> ImageDataset:
    """Returns a data set of images, of which a tenth is held out if it has no other split.

    Args:
        data: One of

            - an array, shape (n, height, width[, channels]), with levels 0 to 255, or 0 to 1 if
              they are floating-point numbers. It stays in memory and must not be changed;
            - an array of vectors, shape (n, d), with any numbers;
            - an array of signals, shape (n, times[, channels]), with `kind="signals"`;
            - the path of a folder of images, of a NumPy file, or of a CSV table of vectors;
            - the name of a data set, as for `--dataset`. If there is a folder or file of that name,
              it is a path;
            - the result of this function.
        labels: One integer or string for each image of an array; None without labels.
        kind: "images", "vectors" or "signals"; by default vectors if an array has the shape (n, d),
            else images.
        options: Flags that locate the data, such as `data_dir` and `label`.

    Raises:
        UserError: If the data are not found or not valid, or an option is unknown.

    Example:
        >>> dataset = open_dataset(np.zeros((20, 8, 8)) + 0.5)
        >>> dataset.num_images("train"), dataset.num_images("validation")
        (18, 2)
    """
    (places,) = read(options, DataOptions)
    found = find(data, labels, kind)
    if isinstance(found, ImageDataset):
        return found.with_label(places.label)
    name = found.pop("dataset")
    return datasets.open_dataset(name, kind=kind, **{**places.to_record(), **found})


def find(data: Any, labels: Any = None, kind: str | None = None) -> ImageDataset | dict[str, str]:
    """Returns data that are open or in memory, or the name and the place of others by their flags.

    Args:
        data: As for `open_dataset`.
        labels: As for `open_dataset`.
        kind: As for `open_dataset`.

    Raises:
        UserError: If the data are not found, or labels are not for an array.
    """
    if not isinstance(data, ImageDataset | str | os.PathLike):
        return datasets.open_array(data, labels, kind=kind)
    if labels is not None:
        raise UserError("labels are for an array; other data have their own")
    if isinstance(data, ImageDataset):
        return data
    path = Path(data).expanduser()
    if path.is_dir():
        return {"dataset": "folder", "image_folder": str(path)}
    if path.is_file():
        return {"dataset": "array", "array": str(path)}
    if not isinstance(data, str) or not data:
        raise UserError(f"data={str(data)!r}: there is no such folder or file")
    return {"dataset": data}


def opened(data: Any, exclude: Sequence[Path] = (), **places: Any) -> ImageDataset:
    """Returns `data` with its label if it is open, else the data set of a name."""
    if isinstance(data, ImageDataset):
        return data.with_label(places["label"])
    return datasets.open_dataset(data, exclude=exclude, **places)


def images_and_options(
    images: Any, options: dict[str, Any], options_type: type, kind: str
) -> tuple[Any, Any, Any]:
    """Returns the images if they are in memory, the options of their type, and the folders.

    Args:
        images: As for `Run.outliers`.
        options: Keyword arguments.
        options_type: Class of the options.
        kind: Kind of the data of the run.

    Raises:
        UserError: If an option is not valid, or there is not one source of images.
    """
    found = None
    if isinstance(images, str | os.PathLike):
        options["array" if Path(images).is_file() else "image_folder"] = images
    elif images is not None:
        found = datasets.open_array(images, fewest=1, kind=kind)
    chosen, places = read(options, options_type, DataDirectories)
    if [found, chosen.image_folder, chosen.array, chosen.split].count(None) != 3:
        raise UserError("give one of images, image_folder, array and split")
    if chosen.array:
        found = datasets.open_vectors(chosen.array, kind)
    return found, chosen, places
