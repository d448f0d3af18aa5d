"""The command `ivaae` and its sub-commands."""

import _signal  # type: ignore[import-not-found]  # `signal` takes milliseconds to import.

_signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # first, so that Ctrl-C is not a traceback

from ivaae_tf.program import interruption  # noqa: E402

interruption.install()

import difflib  # noqa: E402
import runpy  # noqa: E402
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
