"""Flagfiles, found by path or by bare name."""

import difflib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ivaae_tf.program.errors import UserError, environment_problem, summarize_error
from ivaae_tf.program.path_flags import PathParser
from ivaae_tf.program.shown_text import refused_character

_SUFFIX = ".flags"
_OPTION = "--flagfile"
_ROOT = Path(__file__).parents[2]

# absl's time grows with the square of the number of flags.
_MOST_FLAGS, _MOST_NESTED, _MOST_BYTES = 10_000, 100, 1_000_000

# The flagfiles of this program, in an installed package or in its repository.
_INSTALLED = _ROOT / "ivaae_tf" / "flagfiles"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _ROOT / "flags"


def expand(arguments: Sequence[str]) -> list[str]:
    """Replaces each --flagfile by the flags in it.

    A flagfile has one flag per line and may include others. Empty lines and lines that begin with
    # or // are skipped. absl reads flagfiles too, but only by their path from the current folder.

    Args:
        arguments: The arguments of a command line, without the program's name.

    Raises:
        UserError: If a flagfile does not exist, cannot be read, includes itself, or has too many
            flags or flagfiles.
    """
    return list(_expanded(arguments, (), itertools.count()))


def _expanded(
    arguments: Iterable[str], including: tuple[Path, ...], numbers: Iterator[int]
) -> Iterator[str]:
    """Yields the arguments and the arguments in flagfiles.

    Args:
        arguments: Arguments of the command line, or the lines of a flagfile.
        including: The flagfiles that are being read, the outermost first.
        numbers: The number of flags that flagfiles had so far.
    """
    rest = iter(arguments)
    for argument in rest:
        if including and next(numbers) >= _MOST_FLAGS:
            raise UserError(
                f"--flagfile: {including[0]} has more than {_MOST_FLAGS:,} flags, with the "
                "flagfiles that it includes"
            )
        option, equals, name = argument.partition("=")
        if argument == "--":  # The rest are not flags.
            yield argument
            yield from rest
        elif option not in (_OPTION, _OPTION[1:]):
            yield argument
        else:
            path = find(name if equals else next(rest, ""))
            if path in including:
                raise UserError(f"--flagfile: {path} includes itself")
            if len(including) == _MOST_NESTED:
                raise UserError(
                    f"--flagfile: {including[0]} includes more than {_MOST_NESTED} flagfiles, "
                    "one in another"
                )
            yield from _expanded(_lines(path), (*including, path), numbers)


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
    try:
        for path in (Path(PathParser().parse(name)), own) if name else ():
            if path.is_file():
                return path.resolve()
    except (OSError, ValueError) as error:
        reason = environment_problem(error) or summarize_error(error)
        raise UserError(f"--flagfile={name}: {reason}") from error
    names = sorted(path.stem for path in FOLDER.glob(f"*{_SUFFIX}"))
    near = difflib.get_close_matches(name, names)
    hint = f"; did you mean {' or '.join(near)}?" if near else f" of {', '.join(names)}"
    raise UserError(f"--flagfile={name} is neither a file nor a name{hint}")


def purpose(path: Path) -> str:
    """Returns the first sentence of a flagfile's head, without the command."""
    words: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or text.startswith("ivaae "):
            break
        words.append(text)
    return " ".join(words).split(". ")[0].rstrip(":.")


def _lines(path: Path) -> list[str]:
    if path.stat().st_size > _MOST_BYTES:
        raise UserError(f"--flagfile={path} has more than {_MOST_BYTES:,} bytes")
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
