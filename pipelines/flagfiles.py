"""Flagfiles, found by path or by bare name."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import UserError
from pipelines.names import refused_character

_SUFFIX = ".flags"
_OPTION = "--flagfile"
_ROOT = Path(__file__).parents[1]

# The flagfiles of this program, in an installed package or in its repository.
_INSTALLED = _ROOT / "ivaae_tf" / "flagfiles"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _ROOT / "flags"


def expand(arguments: Sequence[str], including: tuple[Path, ...] = ()) -> list[str]:
    """Replaces each --flagfile by the flags in it.

    A flagfile has one flag per line and may include others. Empty lines and lines that begin with
    # or // are skipped. absl reads flagfiles too, but only by their path from the current folder.

    Args:
        arguments: The arguments of a command line, without the program's name.
        including: The flagfiles that are being read, the outermost first.

    Raises:
        UserError: If a flagfile does not exist, cannot be read, or includes itself.
    """
    expanded: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, equals, name = argument.partition("=")
        if argument == "--":  # The rest are not flags.
            return [*expanded, argument, *rest]
        if option not in (_OPTION, _OPTION[1:]):
            expanded.append(argument)
            continue
        path = find(name if equals else next(rest, ""))
        if path in including:
            raise UserError(f"--flagfile: {path} includes itself")
        expanded += expand(_lines(path), (*including, path))
    return expanded


def read(name: str) -> dict[str, str]:
    """Reads the flags of a flagfile and of those that it includes: name -> text.

    The last of several flags with the same name counts. `find` has the same argument.

    Raises:
        UserError: If a flagfile does not exist, cannot be read, or includes itself.
    """
    arguments = expand([f"{_OPTION}={name}"])
    flags = (argument.removeprefix("--").partition("=") for argument in arguments)
    return {flag: text for flag, _, text in flags}


def find(name: str) -> Path:
    """Returns the path of a flagfile.

    Args:
        name: Path of a file, or else the name of one of this program's: "demo" or "demo.flags".

    Raises:
        UserError: If neither exists.
    """
    own = FOLDER / f"{name.removesuffix(_SUFFIX)}{_SUFFIX}"
    for path in (Path(name).expanduser(), own):
        if name and path.is_file():
            return path.resolve()
    names = sorted(path.stem for path in FOLDER.glob(f"*{_SUFFIX}"))
    near = difflib.get_close_matches(name, names)
    hint = f"; did you mean {' or '.join(near)}?" if near else f" of {', '.join(names)}"
    raise UserError(f"--flagfile={name} is neither a file nor a name{hint}")


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--flagfile={path} cannot be read: {error}") from error
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    for line in lines:
        if not line.startswith("-") or refused_character(line):
            raise UserError(
                f"--flagfile={path}: expected one flag per line, such as --epochs=3; "
                f"found {line[:40]!r}"
            )
    return lines
