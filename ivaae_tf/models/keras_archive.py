"""Checks a `.keras` file before Keras makes objects from it, because it may be untrusted.

Keras itself makes only its own layers and registered classes, and refuses Python code. But it
accepts arrays with a wrong checksum, and allocates any size that a layer declares.
"""

import json
import math
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ivaae_tf.program.damaged_files import DamagedFileError, check_expanded_size, parsing
from ivaae_tf.program.errors import UserError

_CONFIGURATION = "config.json"
_WEIGHTS = "model.weights.h5"
_MAX_CONFIGURATION = 16 * 2**20  # bytes; ours have about 14,000
# Settings of layers that are sizes of arrays, so they cannot exceed the size of all arrays.
_SIZES = ("units", "filters", "target_shape")


def check_model(path: Path, registered_names: Collection[str]) -> None:
    """Checks that a file describes a model of some classes, of the size of its weights.

    Args:
        path: The file.
        registered_names: The names under which the classes are registered with Keras.

    Raises:
        UserError: If it does not, or if it is not a `.keras` file.
    """
    check_content(path)
    stored = configuration(path)
    with parsing(path), zipfile.ZipFile(path) as archive:
        found = stored.get("registered_name")
        if found not in registered_names:
            shown = str(found or stored.get("class_name"))[:80]
            raise UserError(
                f"{path} holds an object of {shown!r}, not of "
                f"{' or '.join(map(repr, registered_names))}; a class of your own must be imported "
                "first, or given in custom_objects"
            )
        num_bytes = archive.getinfo(_WEIGHTS).file_size
        if (largest := max(_sizes(stored), default=0)) > num_bytes:
            raise DamagedFileError(
                path, f"a layer has {largest:,} numbers, all weights have {num_bytes:,} bytes"
            )


def configuration(path: Path) -> dict[str, Any]:
    """Returns the configuration in a `.keras` file, from which Keras makes a model.

    Raises:
        DamagedFileError: If it is missing or damaged.
    """
    with parsing(path), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for name in (_CONFIGURATION, _WEIGHTS):
            if names.count(name) != 1:
                raise DamagedFileError(path, f"it must hold {name} once; it holds {names[:8]}")
        if archive.getinfo(_CONFIGURATION).file_size > _MAX_CONFIGURATION:
            raise DamagedFileError(path, f"its {_CONFIGURATION} is larger than 16 MB")
        stored = json.loads(archive.read(_CONFIGURATION))
        if not isinstance(stored, dict):
            raise DamagedFileError(path, f"its {_CONFIGURATION} does not describe an object")
        return stored


def check_content(path: Path) -> None:
    """Checks the checksums of all parts of a `.keras` file, at some gigabytes per second.

    Raises:
        DamagedFileError: If one is wrong, or it is not a `.keras` file.
    """
    with parsing(path), zipfile.ZipFile(path) as archive:
        check_expanded_size(path, archive)
        if (part := archive.testzip()) is not None:
            raise DamagedFileError(path, f"wrong checksum of {part}")


def _sizes(configuration: Any) -> Iterator[int]:
    """Yields the sizes that layers declare, at any depth."""
    if isinstance(configuration, dict):
        for name, value in configuration.items():
            if name in _SIZES:
                sizes = value if isinstance(value, list) else [value]
                yield math.prod(abs(size) for size in sizes if isinstance(size, int))
            else:
                yield from _sizes(value)
    elif isinstance(configuration, list):
        for value in configuration:
            yield from _sizes(value)
