"""A command: its module, its flags and its help, known before its module is imported."""

import ast
import dataclasses
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.program import flagfiles, help_page, path_flags
from ivaae_tf.program.errors import UserError

_HELP = {"--help", "-help", "-h", "-?", "--helpshort", "-helpshort"}
_flags_of: dict[str, list[str]] = {}


@dataclasses.dataclass(frozen=True)
class Command:
    """A main. Its module imports TensorFlow, so that its help and wrong flags need not wait for it.

    Attributes:
        module: Name of the module, whose docstring begins the help.
        purpose: What the command does, in the list of all commands.
        declare_flags: Declares its flags.
        first_flags: Names of the most important flags, which --help lists first.
        takes_arguments: Whether arguments that are not flags may come before, between and after
            the flags.
    """

    module: str
    purpose: str
    declare_flags: Callable[[], None]
    first_flags: Sequence[str] = ()
    takes_arguments: bool = False

    def define_flags(self) -> None:
        """Declares the flags, unless an earlier call did."""
        if self.module not in _flags_of:
            before = set(flags.FLAGS)
            self.declare_flags()
            _flags_of[self.module] = [name for name in flags.FLAGS if name not in before]

    def parse(self, argv: Sequence[str]) -> list[str]:
        """Parses the flags; prints the help and ends the process if that is asked for.

        Args:
            argv: The program's name, then flags and arguments.

        Returns:
            The program's name and the arguments that are not flags.

        Raises:
            UserError: If a flagfile cannot be read, values do not fit together, or an argument that
                is not a flag is not expected, or not a path.
            flags.Error: If a flag is unknown or its value invalid.
        """
        self.define_flags()
        arguments = flagfiles.expand(argv[1:])
        options = arguments[: arguments.index("--")] if "--" in arguments else arguments
        if not _HELP.isdisjoint(options):
            print(
                help_page.render(_flags_of[self.module], self._description(), self.first_flags),
                flush=True,
            )
            raise SystemExit(0)
        for name in _flags_of[self.module]:
            # A repeatable flag would add to the values of an earlier call.
            flags.FLAGS[name].unparse()
        flags.FLAGS.set_gnu_getopt(self.takes_arguments)
        rest = flags.FLAGS([argv[0], *arguments])
        if len(rest) > 1 and not self.takes_arguments:
            raise UserError(f"unexpected argument {rest[1]!r}: options start with --")
        return [rest[0], *map(_path, rest[1:])]

    def outputs(self) -> str:
        """Returns the flags of paths that are written to, with their values, as text."""
        values = {name: flags.FLAGS[name].value for name in _flags_of.get(self.module, ())}
        return " or ".join(
            f"--{name}={value}"
            for name, value in values.items()
            if name in path_flags.OUTPUTS and value is not None
        )

    def _description(self) -> str:
        """Returns the docstring of the module, without importing it."""
        spec = importlib.util.find_spec(self.module)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(self.module)
        return ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""


def _path(argument: str) -> str:
    """Returns an argument that is not a flag, read like the flags of paths."""
    try:
        return path_flags.PathParser().parse(argument)
    except ValueError as error:
        raise UserError(f"argument {argument!r}: {error}") from error
