"""Samples of a SavedModel that `ivaae export` has written."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.export import COLUMNS
from ivaae_tf.layers.priors import spherical_interpolation
from ivaae_tf.models.samplers import batch_seeds
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json
from ivaae_tf.program.errors import UserError
from pipelines.records.kinds import IMAGES, Vectors

_NAMES = (IMAGES.name, Vectors.name)  # of the outputs


class ExportedModel:
    """A SavedModel, which needs none of this program's models.

    Args:
        path: Its folder.
        sampler: Name of the sampler; by default the method's. With a label, it must be None.
        edit: A label, and how far to move each code towards its mean code; None for no edit.
        label: Name of the class of the samples; None for samples of all classes.

    Raises:
        UserError: If it is missing or damaged, or lacks what is asked for.
    """

    def __init__(
        self,
        path: str,
        sampler: str | None,
        edit: tuple[str, float] | None,
        label: str | None = None,
    ) -> None:
        self._path, self._edit, self._label = path, edit, label
        self._signatures = _load(path)
        name = f"sample_{sampler}" if sampler else "sample"
        if name == "sample_prior" and name not in self._signatures:
            name = "sample"  # of version 0.1.0, whose `sample` was the prior
        if missing := {name, "decode"} - set(self._signatures):
            option = f" --sampler={sampler}" if sampler else ""
            raise UserError(
                f"--saved_model: {path} has no signature {' or '.join(sorted(missing))}; "
                f"`ivaae export{option}` writes it"
            )
        if edit and "edit" not in self._signatures:
            raise UserError(
                f"--edit: {path} has no signature edit; `ivaae export` writes it after `ivaae "
                "evaluate --per_class`, unless the run is conditional"
            )
        outputs = self._signatures["decode"].structured_outputs
        self._name = next((each for each in _NAMES if each in outputs), IMAGES.name)
        self.has_pictures = self._name == IMAGES.name
        self._sample = self._signature(name, {"num_images", "seed"})
        if label is not None:
            self._sample = self._of_class(label)
        inputs = set(self._signatures["decode"].structured_input_signature[1])
        self._is_conditional = "label" in inputs
        self._decode = self._signature("decode", inputs & {"label"} | {"z"})

    def _signature(self, name: str, arguments: set[str]) -> Any:
        signature = self._signatures[name]
        found = set(signature.structured_input_signature[1])
        if found != arguments or self._name not in signature.structured_outputs:
            raise UserError(
                f"--saved_model: {self._path} was not written by `ivaae export`: its signature "
                f"{name} takes {', '.join(sorted(found)) or 'nothing'}"
            )
        return signature

    def _of_class(self, label: str) -> Any:
        """Returns a function like the signature sample, for images of a class."""
        if not {"sample_class", "labels"} <= set(self._signatures):
            raise UserError(
                f"--label: {self._path} has no signature sample_class; `ivaae export` writes it "
                "for a run with --conditional, --prior_by_label or --num_categories, or after "
                "`ivaae evaluate --sampler=class_gmm`"
            )
        names = [name.decode() for name in self._signatures["labels"]()["labels"].numpy()]
        if label not in names:
            raise UserError(f"--label must be one of {', '.join(names)}; found {label}")
        signature = self._signature("sample_class", {"num_images", "seed", "label"})
        return functools.partial(signature, label=tf.constant(label))

    def samples(self, num_images: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
        """Yields batches of samples, each with its own seed derived from `seed`.

        Images are uint8, vectors float32 of shape (n, d).
        """
        for size, batch_seed in batch_seeds(seed, num_images, batch_size):
            drawn = self._sample(num_images=tf.constant(size), seed=tf.constant(batch_seed))
            yield (self._edited(drawn["z"]) if self._edit else drawn[self._name]).numpy()

    def _edited(self, z: tf.Tensor) -> tf.Tensor:
        label, strength = self._edit or ("", 0.0)
        try:
            edited = self._signatures["edit"](
                z=z, label=tf.constant(label), strength=tf.constant(strength)
            )
        except tf.errors.InvalidArgumentError as error:
            raise UserError(
                f"--edit: {self._path} has no label {label!r}; its README.md lists the labels of "
                "`edit`"
            ) from error
        return edited[self._name]

    def interpolations(self, num_strips: int, num_columns: int, seed: int) -> np.ndarray:
        """Returns images on the ways between prior codes, one way after another.

        Raises:
            UserError: If a conditional model has no label, or another model has one.
        """
        if self._is_conditional != (self._label is not None):
            needs = "is conditional, so it needs" if self._is_conditional else "does not use"
            raise UserError(f"--interpolation: the model in {self._path} {needs} --label")
        weights = tf.linspace(0.0, 1.0, num_columns)
        if interpolate := self._signatures.get("interpolate"):  # of another prior than N(0, I)
            codes = self._signatures["sample_prior"](
                num_images=tf.constant(2 * num_strips), seed=tf.constant(seed)
            )["z"]
            of_all = {} if self._label is None else {"label": tf.constant(self._label)}
            start, end = codes[:num_strips], codes[num_strips:]
            return interpolate(start=start, end=end, weights=weights, **of_all)[self._name].numpy()
        latent_dim = self._decode.structured_input_signature[1]["z"].shape[-1]
        ends = np.random.default_rng(seed).standard_normal((2, num_strips, latent_dim))
        start, end = tf.cast(ends, tf.float32)
        z = tf.reshape(spherical_interpolation(start, end, weights), [-1, latent_dim])
        of_each = {} if self._label is None else {"label": tf.fill([len(z)], self._label)}
        return self._decode(z=z, **of_each)[self._name].numpy()

    def columns(self) -> list[str]:
        """Returns the names of the columns of vectors.

        Raises:
            UserError: If their file is missing or damaged.
        """
        try:
            return read_json(Path(self._path) / COLUMNS, list[str])
        except FileNotFoundError as error:
            raise UserError(f"--saved_model: {self._path} has no {COLUMNS}") from error


def _load(path: str) -> Any:
    """Returns the signatures of a SavedModel."""
    file = Path(path) / "saved_model.pb"
    if not file.is_file():
        raise UserError(f"--saved_model: {path} is not a SavedModel (it has no saved_model.pb)")
    try:
        with parsing(file):
            model = tf.saved_model.load(path)
    except DamagedFileError as error:
        raise UserError(f"--saved_model: {path} is damaged: {error.reason}") from error
    return model.signatures
