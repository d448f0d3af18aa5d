"""Opens data sets by name."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivaae_tf.program.errors import UserError
from pipelines.folder import builder
from pipelines.folder.work import FolderWork
from pipelines.records import opening
from pipelines.records.image_dataset import ImageDataset
from pipelines.records.kinds import OF_NUMBERS, Images
from pipelines.sources import arrays, arrays_in_memory, catalog, huggingface, vectors
from pipelines.sources.arrays_in_memory import ArrayDataset

_MOST_TRIES = 10


def open_dataset(
    name: str,
    *,
    data_dir: str,
    image_folder: str | None = None,
    array: str | None = None,
    kind: str | None = None,
    manual_dir: str | None = None,
    label: str | None = None,
    overwrite: bool = False,
    folder_work: FolderWork | None = None,
    exclude: Sequence[str | os.PathLike] = (),
) -> ImageDataset:
    """Opens the records of a data set, and prepares them if they are missing.

    A ~ at the beginning of a path is the home folder.

    Args:
        name: "digits", "folder", "array", an image data set of TFDS, or one of the Hugging Face Hub
            in the form that `huggingface.prepare` accepts.
        data_dir: The folder of all records.
        image_folder: The folder of the user's images, for "folder" only.
        array: The NumPy file of the user's images or vectors, or a CSV table, for "array" only.
        kind: What the array has, a name of `KINDS`; None for the choice of `vectors.kind_name`.
        manual_dir: The folder of original files that TFDS cannot or need not download.
        label: The label, where it is not the class, such as an attribute of celeb_a.
        overwrite: Whether to prepare existing records again.
        folder_work: Where the files of `image_folder` are read; None for processes on this machine.
        exclude: Folders inside of `image_folder` whose images are not data.

    Raises:
        UserError: If the name is unknown, the data set has no images, or it cannot be prepared.
    """
    _check_is_stored(name)
    data_dir = os.fspath(Path(data_dir).expanduser())  # TFDS reads ~ so, but does not write so.
    image_folder, array, manual_dir = map(_expanded, (image_folder, array, manual_dir))
    _check_has_place(name, "folder", "image_folder", image_folder)
    _check_has_place(name, "array", "array", array)
    if kind not in (None, Images.plural) and array is None:
        raise UserError(f"--kind={kind} needs --dataset=array, found --dataset={name}")
    for _ in range(_MOST_TRIES):
        if image_folder is not None:
            path = builder.prepare(
                image_folder, data_dir, overwrite=overwrite, exclude=exclude, work=folder_work
            )
        elif array is not None:
            if table := vectors.open_file(array, kind=kind):
                return table.with_label(label)
            path = arrays.prepare(array, data_dir, overwrite=overwrite)
        elif name.startswith(huggingface.PREFIX):
            path = huggingface.prepare(name, data_dir, overwrite=overwrite)
        else:
            path = catalog.prepare(name, data_dir, manual_dir=manual_dir, overwrite=overwrite)
        try:
            return opening.open_records(name, path).with_label(label)
        except FileNotFoundError:
            overwrite = False  # Another process began to replace them: wait for it.
    raise UserError(f"{path} was replaced {_MOST_TRIES} times while it was opened")


def open_array(
    examples: Any, labels: Any = None, *, fewest: int = 2, kind: str | None = None
) -> ArrayDataset:
    """Returns the data set of an array.

    Args:
        examples: As for `vectors.open_vectors` or `arrays_in_memory.open_array`.
        labels: As for these.
        fewest: Least number of examples.
        kind: A name of `KINDS`; None for vectors if the shape is (n, d), else images.

    Raises:
        UserError: If they are not such an array.
    """
    name = vectors.kind_name(examples, kind)
    if name == Images.plural:
        return arrays_in_memory.open_array(examples, labels, fewest=fewest)
    return vectors.open_vectors(examples, labels, fewest=fewest, kind=OF_NUMBERS[name])


def open_vectors(array: str, kind: str | None = None) -> ArrayDataset:
    """Returns the data set of a file of vectors or signals, which are compared with others.

    Raises:
        UserError: If it has others.
    """
    if (found := vectors.open_file(array, fewest=1, kind=kind)) is None:
        raise UserError(f"--array={array} holds no vectors; expected shape (rows, columns)")
    return found


def _check_is_stored(name: str) -> None:
    if name == arrays_in_memory.NAME:
        raise UserError(
            "the images are an array in memory, which no command has: in Python, give the same "
            "array again, such as ivaae_tf.open_run(RUN).evaluate(data=images)"
        )


def _expanded(path: str | None) -> str | None:
    return None if path is None else os.fspath(Path(path).expanduser())


def _check_has_place(name: str, needing: str, flag: str, place: str | None) -> None:
    """Checks that a flag of a place is given just for the data set that needs it."""
    if name == needing and place is None:
        raise UserError(f"--dataset={name} needs --{flag}")
    if name != needing and place is not None:
        raise UserError(f"--{flag}={place} needs --dataset={needing}, found --dataset={name}")


def open_records(name: str, path: str) -> ImageDataset:
    """Opens the records of a data set in the folder of `ImageDataset.description`.

    Raises:
        UserError: If the folder does not hold records.
    """
    try:
        return opening.open_records(name, Path(path))
    except FileNotFoundError as error:
        raise UserError(f"{path} holds no records of {name}") from error


def reopen_dataset(
    name: str,
    records: str,
    flags: Mapping[str, str],
    *,
    data_dir: str,
    image_folder: str | None = None,
    array: str | None = None,
    kind: str | None = None,
    **options: Any,
) -> ImageDataset:
    """Opens the data of a run, of whose record `name` and `records` are.

    Args:
        name: The name of the data set.
        records: The folder of its records, which is tried first unless there is an `image_folder`
            or `array`.
        flags: Name of a data set -> the flag of its place, of those that the command has.
        data_dir: As for `open_dataset`, like the next two and the other options.
        image_folder: The folder of the user's images.
        array: The NumPy file of the user's images.
        kind: What it has.
        **options: Others of `open_dataset`.

    Raises:
        UserError: If the data are not found.
    """
    _check_is_stored(name)
    places = {"folder": image_folder, "array": array}
    for needing, place in places.items():
        if place is not None and needing != name:
            raise UserError(f"{flags[needing]}={place}: the data of the run are {name}")
    if not any(places.values()):
        if name == "array" and Path(records).is_file():  # of vectors, which have no records
            return open_dataset(name, data_dir=data_dir, array=records, kind=kind, **options)
        # The folder of all records may have been moved: these are three folders deep in it.
        moved = Path(data_dir, *Path(records).parts[-3:])
        for path in (Path(records), moved) if name in places else (Path(records),):
            if path.is_dir():
                return open_records(name, str(path))
        if name in places:
            advice = " or ".join([*filter(None, [flags.get(name)]), "--data_dir"])
            raise UserError(f"the records of the run in {records} are gone; give {advice}")
    return open_dataset(
        name, data_dir=data_dir, image_folder=image_folder, array=array, kind=kind, **options
    )
