"""Data sets of the Hugging Face Hub, recorded by TFDS."""

import hashlib
import importlib.util
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core.dataset_builders.huggingface_dataset_builder import (
    HuggingfaceDatasetBuilder,
)
from tensorflow_datasets.core.utils import conversion_utils

from ivaae_tf.program.errors import UserError, environment_problem, summarize_error
from pipelines.records import writing
from pipelines.records.class_names import check_class_names
from pipelines.records.image_dataset import image_keys, labels

PREFIX = "huggingface:"

# Part of the path of the records. Only the Hub knows the data set's own, and a run resumes without
# a network.
_VERSION = "1.0.0"


def prepare(name: str, data_dir: str, *, overwrite: bool = False) -> Path:
    """Writes the records of a data set of the Hub unless they exist, and returns their folder.

    Args:
        name: "huggingface:OWNER/NAME", or with a configuration "huggingface:OWNER/NAME/CONFIG".
        data_dir: The folder of all records.
        overwrite: Whether to write existing records again.

    Raises:
        UserError: If the name is unknown, it has no images, or the package `datasets` is missing.
    """
    owner, _, rest = name.removeprefix(PREFIX).partition("/")
    repository, _, configuration = rest.partition("/")
    if not (owner and repository) or "/" in configuration:
        raise UserError(
            f"--dataset={name}: expected {PREFIX}OWNER/NAME or {PREFIX}OWNER/NAME/CONFIGURATION"
        )
    of_hub = f"{owner}/{repository}"
    # TFDS's name does not tell a-b from a.b and A_b, so the folder above has a hash of the name.
    name_hash = hashlib.sha256(name.encode()).hexdigest()[:12]
    root = Path(data_dir, "huggingface", name_hash)
    names = [each for each in (of_hub, configuration) if each]
    path = root.joinpath(*map(conversion_utils.to_tfds_name, names), _VERSION)

    def write() -> None:
        if importlib.util.find_spec("datasets") is None:
            raise UserError(
                f"--dataset={name} needs the package datasets: pip install '.[huggingface]' in the "
                "program's folder"
            )
        try:
            builder = _builder(of_hub, configuration, root)
            image_keys(name, builder.info.features)
            for label in labels(builder.info.features).values():
                check_class_names(label.names, f"--dataset={name}", "classes on the Hub")
            if Path(builder.data_dir) != path:
                raise UserError(f"--dataset={name}: TFDS has chosen {builder.data_dir}, not {path}")
            writing.generate(builder)
        except (UserError, tf.errors.OpError):
            raise
        except Exception as error:  # Of the Hub, of the network, or of files in any format.
            problem = environment_problem(error) or summarize_error(error.__cause__ or error)
            raise UserError(f"--dataset={name} cannot be prepared: {problem}") from error

    writing.ensure(path, write, overwrite=overwrite)
    return path


def _builder(repository: str, configuration: str, root: Path) -> tfds.core.DatasetBuilder:
    return HuggingfaceDatasetBuilder(
        hf_repo_id=repository,
        hf_config=configuration or None,
        data_dir=root,
        overwrite_version=_VERSION,
    )
