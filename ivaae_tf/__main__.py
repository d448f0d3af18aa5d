"""The command `ivaae` and its sub-commands."""

from ivaae_tf.program import interruption

interruption.install()  # first, so that Ctrl-C during the imports is not a traceback

import difflib  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402

import ivaae_tf  # noqa: E402
from ivaae_tf.commands import COMMANDS, TOPICS  # noqa: E402
from ivaae_tf.program import command_line  # noqa: E402


def main() -> None:
    """Runs the sub-command that the first argument names, or lists all."""
    name, *arguments = sys.argv[1:] or ["help"]
    if name == "--version":
        command_line.print_and_exit(f"ivaae {ivaae_tf.__version__}")
    if name in ("-h", "--help", "help"):
        if not arguments:
            command_line.print_and_exit(_overview())
        name, arguments = arguments[0], ["--help"]
    name = name.replace("-", "_")
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
        sys.exit(f"error: ivaae has no command {name!r}; {hint}")
    module = importlib.import_module(f"ivaae_tf.commands.{name}")
    command_line.run(module.COMMAND, [f"ivaae {name}", *arguments])


def _overview() -> str:
    lines = [
        f"ivaae {ivaae_tf.__version__}: trains, evaluates and exports auto-encoders that generate "
        "images",
        "",
        "Start with:  ivaae train --flagfile=demo --workdir=runs/demo",
    ]
    for title, commands in TOPICS.items():
        lines += [
            "",
            f"{title}:",
            *(f"  {name:12} {purpose}" for name, purpose in commands.items()),
        ]
    lines += ["", "ivaae help COMMAND lists the flags of a command; ivaae --version the version."]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
