"""Flags whose values are paths or names, checked when they are parsed."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from absl import flags

from ivaae_tf.program.errors import environment_problem
from ivaae_tf.program.shown_text import refused_character

Check = Callable[[str], object]

OUTPUTS: set[str] = set()  # names of the flags of paths that are written to
REQUIRED: set[str] = set()  # names of the flags that must be given


class NameParser(flags.ArgumentParser):
    """Refuses text that is not a name: nothing, control characters, or bytes that are not UTF-8."""

    def parse(self, argument):
        """Returns the text unchanged."""
        if not argument:
            raise ValueError("it is empty")
        if character := refused_character(argument):
            raise ValueError(f"it has the character {character}, which must not be in a name")
        return argument


class PathParser(NameParser):
    """Reads a path. `~` is the home folder: shells replace it only at the beginning of a word."""

    def parse(self, argument):
        """Returns the path as every library reads it."""
        encoding = sys.getfilesystemencoding()
        if not argument.isascii() and encoding != "utf-8":
            raise ValueError(
                f"the locale's encoding is {encoding}, and TensorFlow reads paths as UTF-8; set "
                "PYTHONUTF8=1, or give a path of ASCII characters"
            )
        path = super().parse(argument)
        if not path.startswith("~"):
            return path
        try:
            return os.fspath(Path(path).expanduser())
        except RuntimeError as error:
            user = path.partition("/")[0]
            raise ValueError(
                f"{user} is the home folder of no user; a folder of this name is ./{user}"
            ) from error


_SERIALIZER: flags.ArgumentSerializer = flags.ArgumentSerializer()


def define_path(
    name: str,
    default: str | None,
    help_text: str,
    check: Check | None = None,
    required: bool = False,
) -> None:
    """Defines a flag of a path, which must not be empty: that would be the current folder.

    Args:
        name: Name of the flag.
        default: Its default value.
        help_text: Its help.
        check: A function that takes the value, and raises `flags.ValidationError` if it is wrong,
            such as `folder`, `output_folder` and `output_picture`.
        required: Whether a value must be given.
    """
    _define(PathParser(), name, default, help_text, check)
    if required:
        REQUIRED.add(name)
    if check in (folder, folder_or_new, output_film, output_folder, output_picture):
        OUTPUTS.add(name)


def define_name(name: str, default: str | None, help_text: str, check: Check | None = None) -> None:
    """Defines a flag of a name; see `define_path`."""
    _define(NameParser(), name, default, help_text, check)


def define_paths(name: str, help_text: str, check: Check) -> None:
    """Defines a required flag of a path that may be repeated; see `define_path`."""
    flags.DEFINE_multi(PathParser(), _SERIALIZER, name, None, help_text)
    REQUIRED.add(name)
    flags.register_validator(
        name, lambda values: values is None or all(check(value) is None for value in values)
    )


def define_names(name: str, help_text: str) -> None:
    """Defines a flag of a name that may be repeated."""
    flags.DEFINE_multi(NameParser(), _SERIALIZER, name, None, help_text)


def _define(
    parser: NameParser,
    name: str,
    default: str | None,
    help_text: str,
    check: Check | None,
) -> None:
    flags.DEFINE(parser, name, default, help_text, serializer=_SERIALIZER)
    if check is not None:
        flags.register_validator(name, lambda value: value is None or check(value) is None)


def folder(path: str) -> None:
    """Checks that a path is a folder, or that there is nothing.

    Raises:
        flags.ValidationError: If it is something else, or cannot be looked at.
    """
    if _exists(Path(path)) and not Path(path).is_dir():
        raise flags.ValidationError("it is not a folder")


def folder_or_new(path: str) -> None:
    """Checks that a path is a folder, or that it can be made.

    Raises:
        flags.ValidationError: If not.
    """
    folder(path)
    if not _exists(Path(path)):
        _check_writable(Path(path).absolute())


def existing_folder(path: str) -> None:
    """Checks that a path is a folder.

    Raises:
        flags.ValidationError: If it is not.
    """
    folder(path)
    if not _exists(Path(path)):
        raise flags.ValidationError("there is no such folder")


def existing_file(path: str) -> None:
    """Checks that a path is a file.

    Raises:
        flags.ValidationError: If it is not.
    """
    if not (_exists(Path(path)) and Path(path).is_file()):
        raise flags.ValidationError("there is no such file")


def existing_file_or_address(path: str) -> None:
    """Checks that a path is a file, unless it is an address with `://`.

    Raises:
        flags.ValidationError: If it is neither.
    """
    if "://" not in path and not (_exists(Path(path)) and Path(path).is_file()):
        raise flags.ValidationError("it is neither a file nor an address such as https://…")


def output_folder(path: str) -> None:
    """Checks that a folder can be written to, or that it can be made.

    Raises:
        flags.ValidationError: If it cannot.
    """
    folder(path)
    _check_writable(Path(path).absolute())


def saved_model(path: str) -> None:
    """Checks that a path is a folder from which TensorFlow can load a SavedModel.

    Raises:
        flags.ValidationError: If not.
    """
    existing_folder(path)
    check_is_no_pattern(path)


def check_is_no_pattern(path: str) -> None:
    """Checks that TensorFlow finds the weights of a SavedModel in a folder.

    It takes these characters of the whole path for a pattern, and loads what matches.

    Raises:
        flags.ValidationError: If not.
    """
    if found := [character for character in "*?[\\" if character in path]:
        raise flags.ValidationError(
            f"TensorFlow takes {found[0]} in {path} for a pattern, and cannot load a SavedModel "
            "from there; expected a folder without * ? [ \\ in its path (SavedModels may be moved)"
        )


def output_picture(path: str) -> None:
    """Checks that a PNG file can be written.

    Raises:
        flags.ValidationError: If it cannot, or the name does not end in .png.
    """
    _check_output_file(path, ".png")


def output_csv(path: str) -> None:
    """Checks that a CSV file can be written.

    Raises:
        flags.ValidationError: If it cannot, or the name does not end in .csv.
    """
    _check_output_file(path, ".csv")


def output_table(path: str) -> None:
    """Checks that a CSV or .npy file can be written.

    Raises:
        flags.ValidationError: If it cannot, or the name does not end in .csv or .npy.
    """
    _check_output_file(path, ".csv", ".npy")


def output_film(path: str) -> None:
    """Checks that a WebP file can be written.

    Raises:
        flags.ValidationError: If it cannot, or the name does not end in .webp.
    """
    _check_output_file(path, ".webp")


def _check_output_file(path: str, *suffixes: str) -> None:
    if Path(path).suffix.lower() not in suffixes:
        expected = " or ".join(suffixes)
        raise flags.ValidationError(f"the name of the file must end in {expected}")
    if _exists(Path(path)) and not Path(path).is_file():
        raise flags.ValidationError("it is not a file")
    _check_writable(Path(path).absolute().parent)


def _check_writable(place: Path) -> None:
    """Writes a file without a name to a folder, or to the nearest folder above it."""
    existing = next(each for each in (place, *place.parents) if _exists(each))
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise flags.ValidationError(
            f"nothing can be written to {existing} ({environment_problem(error) or error.strerror})"
        ) from error


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise flags.ValidationError(environment_problem(error) or error.strerror) from error
    return True
