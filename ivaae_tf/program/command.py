"""A command: its main, its flags and its help."""

import contextlib
import dataclasses
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from absl import flags

from ivaae_tf.program import flagfiles, path_flags
from ivaae_tf.program.errors import UserError

_HELP = {"--help", "-help", "-h", "-?", "--helpshort", "-helpshort"}
_FULL_HELP = {"--helpfull", "-helpfull"}
_WIDTH = 100
_topics: dict[str, str | None] = {}


@contextlib.contextmanager
def topic(title: str | None) -> Iterator[None]:
    """Lists the flags that the block defines under a title, or not at all with None."""
    before = set(flags.FLAGS)
    yield
    _topics.update(dict.fromkeys(set(flags.FLAGS) - before, title))


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of a command line.

    Attributes:
        main: Accepts the program's name and the arguments that are not flags.
        define_flags: Defines its flags, without TensorFlow; by default it has none.
        description: The text above the flags in the help.
        first_flags: Names of the most important flags, which the help lists first.
        takes_arguments: Whether arguments that are not flags may come before, between and after
            the flags.
        short_forms: Name -> names of the flags that it sets in one.
    """

    main: Callable[[Sequence[str]], None]
    define_flags: Callable[[], None] = lambda: None
    description: str | None = None
    first_flags: Sequence[str] = ()
    takes_arguments: bool = False
    short_forms: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    flag_names: list[str] = dataclasses.field(default_factory=list, init=False)

    def parse(self, argv: Sequence[str]) -> list[str]:
        """Defines and parses the flags; prints the help and exits if that is asked for.

        Args:
            argv: The program's name, then flags and arguments.

        Returns:
            The program's name and the arguments that are not flags.

        Raises:
            UserError: If a flagfile cannot be read, a required flag is missing, values do not fit
                together, or an argument that is not a flag is not expected, or not a path.
            flags.Error: If a flag is unknown or its value invalid.
        """
        self.declare()
        arguments = flagfiles.expand(argv[1:])
        end = arguments.index("--") if "--" in arguments else len(arguments)
        options = [each for argument in arguments[:end] for each in self._written_out(argument)]
        if not (_HELP | _FULL_HELP).isdisjoint(options):
            print(self.help_page(), flush=True)
            if not _FULL_HELP.isdisjoint(options):
                print(f"\nFlags of libraries:\n{flags.FLAGS.get_help()}", flush=True)
            raise SystemExit(0)
        flags.FLAGS.set_gnu_getopt(self.takes_arguments)
        rest = flags.FLAGS([argv[0], *options, *arguments[end:]])
        for name in self.flag_names:
            if name in path_flags.REQUIRED and not flags.FLAGS[name].value:
                help_text = flags.FLAGS[name].help.partition(";\n")[0].rstrip(".")
                raise UserError(f"--{name} is required: {help_text} ({argv[0]} --help)")
        if len(rest) > 1 and not self.takes_arguments:
            raise UserError(f"unexpected argument {rest[1]!r}: options start with --")
        return [rest[0], *map(_path, rest[1:])]

    def _written_out(self, argument: str) -> list[str]:
        """Returns a flag with underscores instead of dashes, and the flags of a short form."""
        if not argument.startswith("--"):
            return [argument]
        name, equals, value = argument[2:].partition("=")
        name = name.replace("-", "_")
        return [f"--{each}{equals}{value}" for each in self.short_forms.get(name, (name,))]

    def declare(self) -> None:
        """Defines the flags, once."""
        if not self.flag_names:
            before = set(flags.FLAGS)
            self.define_flags()
            self.flag_names.extend(name for name in flags.FLAGS if name not in before)

    def outputs(self) -> str:
        """Returns the flags of paths that are written to, with their values, as text."""
        values = {name: flags.FLAGS[name].value for name in self.flag_names}
        return " or ".join(
            f"--{name}={value}"
            for name, value in values.items()
            if name in path_flags.OUTPUTS and value is not None
        )

    def help_page(self) -> str:
        """Returns the description and the flags, the most important first, the others by topic."""
        own = {name: flags.FLAGS[name] for name in self.flag_names}
        groups: dict[str | None, list[flags.Flag]] = {
            "Flags that matter most": [own.pop(name) for name in self.first_flags],
            "Flags": [],
        }
        for name, flag in own.items():
            groups.setdefault(_topics.get(name, "Flags"), []).append(flag)
        sections = [
            "\n".join([f"{title}:", *map(_entry, members)])
            for title, members in groups.items()
            if members and title
        ]
        flagfile = (
            "--flagfile=FILE reads flags from a file, or from the flagfile of that name in\n"
            f"{flagfiles.FOLDER}."
        )
        return "\n\n".join([(self.description or "").strip(), *sections, flagfile])


def _entry(flag: flags.Flag) -> str:
    negation = "[no]" if flag.boolean else ""
    default = str(flag.default_as_str).strip("'")
    allowed = getattr(flag.parser, "allowed", None)
    facts = [
        "required" if flag.name in path_flags.REQUIRED else "",
        f"default: {default}" if default not in ("None", "", "[]") else "",
        allowed.in_short if allowed is not None else "",
    ]
    in_brackets = f" ({'; '.join(filter(None, facts))})" if any(facts) else ""
    # absl adds its own explanation of a repeatable flag after a ";".
    help_text = flag.help.partition(";\n")[0]
    # So that lines can break between the choices.
    choices, close, rest = help_text.partition(">: ") if help_text[:1] == "<" else ("", "", "")
    help_text = f"{choices.replace('|', ' | ')}{close}{rest}" if close else help_text
    text = f"--{negation}{flag.name}: {help_text}{in_brackets}"
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")


def _path(argument: str) -> str:
    """Returns an argument that is not a flag, read like the flags of paths."""
    try:
        return path_flags.PathParser().parse(argument)
    except ValueError as error:
        raise UserError(f"argument {argument!r}: {error}") from error
