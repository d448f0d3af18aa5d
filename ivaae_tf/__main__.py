"""The command `ivaae` and its sub-commands."""

import difflib
import runpy
import sys

import ivaae_tf
from ivaae_tf.commands import COMMANDS
from pipelines import command_line, interruption


def main() -> None:
    """Runs the sub-command that the first argument names, or lists all."""
    interruption.install()
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
    del sys.argv[1]
    command_line.parse_or_exit(COMMANDS[name], sys.argv)  # before TensorFlow's import
    runpy.run_module(COMMANDS[name].module, run_name="__main__", alter_sys=True)


def _overview() -> str:
    lines = [f"  {name:12} {command.purpose}" for name, command in COMMANDS.items()]
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
