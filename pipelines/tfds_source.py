"""Data sets by name: the embedded digits, and what TensorFlow Datasets builds."""

import difflib
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from pipelines import digits, records
from pipelines.errors import UserError, environment_problem, summarize_error
from pipelines.image_dataset import image_keys


def prepare(
    name: str, data_dir: str, *, manual_dir: str | None = None, overwrite: bool = False
) -> Path:
    """Writes the records of a data set, unless they are there.

    Args:
      name: "digits", or a data set of TFDS as "name" or "name/config".
      data_dir: where record folders lie.
      manual_dir: where original files lie that TFDS need not, or cannot, download.
      overwrite: write again what is there.

    Returns:
      The folder of the records.

    Raises:
      UserError: there is no such data set, or it cannot be prepared.
    """
    if manual_dir is not None and not Path(manual_dir).is_dir():
        raise UserError(f"--manual_dir={manual_dir} is not a folder; expected original files in it")
    with records.own_temporary_folder():
        builder = digits.Digits(data_dir=data_dir) if name == "digits" else _builder(name, data_dir)

    def write() -> None:
        try:
            records.generate(builder, manual_dir=manual_dir, downloads=name != "digits")
        except (UserError, tf.errors.OpError):
            raise
        except Exception as error:  # The code of some 300 data sets fails in as many ways.
            problem = environment_problem(error) or summarize_error(error)
            raise UserError(f"--dataset={name} cannot be prepared: {problem}") from error

    path = Path(builder.data_dir)
    records.ensure(path, write, overwrite=overwrite)
    return path


def _builder(name: str, data_dir: str) -> tfds.core.DatasetBuilder:
    known = tfds.list_builders(with_community_datasets=False)
    if name.split("/")[0] not in known:
        near = difflib.get_close_matches(name, ["digits", "folder", *known], n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"--dataset={name} is not digits, folder or a data set of TFDS{hint}")
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # An unknown configuration, a package that is not installed.
        raise UserError(f"--dataset={name} cannot be opened: {summarize_error(error)}") from error
    image_keys(name, builder.info.features)  # Says before the download that there are none.
    return builder
