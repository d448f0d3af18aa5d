"""The command `ivaae` and its sub-commands."""

from ivaae_tf.program import interruption

interruption.install()  # first, so that Ctrl-C during the imports is not a traceback

import difflib  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402

import ivaae_tf  # noqa: E402
from ivaae_tf.commands import COMMANDS  # noqa: E402
from ivaae_tf.program import command_line  # noqa: E402


def main() -> None:
    """Runs the sub-command that the first argument names, or lists all."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help", "help"):
        print(_overview())
        return
    name = sys.argv[1]
    if name == "--version":
        print(f"ivaae {ivaae_tf.__version__}")
        return
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
        sys.exit(f"error: ivaae has no command {name!r}; {hint}")
    module = importlib.import_module(f"ivaae_tf.commands.{name}")
    command_line.run(module.COMMAND, [f"ivaae {name}", *sys.argv[2:]])


def _overview() -> str:
    lines = [f"  {name:12} {purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            f"ivaae {ivaae_tf.__version__}: Intervention Adversarial Auto-Encoders",
            "",
            *lines,
            "",
            "ivaae COMMAND --help lists the flags of a command.",
        ]
    )


if __name__ == "__main__":
    main()
