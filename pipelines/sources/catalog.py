"""Data sets by name: the embedded digits, and the data sets of TensorFlow Datasets."""

import difflib
import tempfile
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError, environment_problem, summarize_error
from pipelines.records import writing
from pipelines.records.image_dataset import image_keys
from pipelines.sources import digits


def prepare(
    name: str, data_dir: str, *, manual_dir: str | None = None, overwrite: bool = False
) -> Path:
    """Writes the records of a data set unless they exist, and returns their folder.

    Args:
        name: "digits", or a data set of TFDS as "name" or "name/config".
        data_dir: The folder of all records.
        manual_dir: The folder of original files that TFDS cannot or need not download.
        overwrite: Whether to write existing records again.

    Raises:
        UserError: If the name is unknown, or the data set cannot be prepared.
    """
    if manual_dir is not None and not Path(manual_dir).is_dir():
        raise UserError(f"--manual_dir={manual_dir} is not a folder; expected original files in it")
    # In an empty folder, because a builder reads the description of existing records, which may be
    # damaged.
    with writing.own_temporary_folder(), tempfile.TemporaryDirectory() as empty:
        path = Path(data_dir) / Path(_builder(name, empty).data_dir).relative_to(empty)

    def write() -> None:
        builder = _builder(name, data_dir)
        try:
            writing.generate(builder, manual_dir=manual_dir, downloads=name != "digits")
        except (UserError, tf.errors.OpError):
            raise
        except Exception as error:  # Each of some 300 data sets may raise another type.
            problem = environment_problem(error) or summarize_error(error)
            raise UserError(f"--dataset={name} cannot be prepared: {problem}") from error

    writing.ensure(path, write, overwrite=overwrite)
    return path


def _builder(name: str, data_dir: str) -> tfds.core.DatasetBuilder:
    if name == "digits":
        return digits.Digits(data_dir=data_dir)
    known = tfds.list_builders(with_community_datasets=False)
    if name.split("/")[0] not in known:
        near = difflib.get_close_matches(name, ["digits", "folder", "array", *known], n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(
            f"--dataset={name} is none of digits, folder, array and the data sets of TFDS{hint}"
        )
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # Such as an unknown configuration or a missing package.
        raise UserError(f"--dataset={name} cannot be opened: {summarize_error(error)}") from error
    image_keys(name, builder.info.features)  # Raises an error before the download.
    return builder
