"""Starts a command and prints its errors."""

import os
import signal
import sys
from collections.abc import Sequence

from absl import app, flags, logging

from ivaae_tf.program import interruption
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import (
    UserError,
    environment_problem,
    place_of_problem,
    summarize_error,
    unreadable_record,
)
from ivaae_tf.program.interruption import Interrupted
from ivaae_tf.program.shown_text import escaped

flags.register_validator("verbosity", lambda level: -4 <= level <= 9, "it must be between -4 and 9")


def run(command: Command, argv: list[str] | None = None) -> None:
    """Parses the flags of a command, runs its main and ends the process.

    An invalid flag, a `UserError`, or an error of the disk or of a path becomes one line on
    standard error and exit status 1; Ctrl-C becomes one line and exit status 130, SIGTERM one line
    and 143.

    Args:
        command: The command.
        argv: The program's name, then flags and arguments; by default `sys.argv`.
    """

    def guarded(argv: Sequence[str]) -> int:
        try:
            with interruption.raising():
                command.main(argv)
        except Interrupted as error:
            return interruption.say(error)
        except KeyboardInterrupt:
            return interruption.say(Interrupted(signal.SIGINT))
        except Exception as error:
            # A library in C++ may turn the exception of a signal into another one.
            if (number := interruption.raised()) is not None:
                return interruption.say(Interrupted(number))
            if isinstance(error, UserError):
                return _say(f"error: {error}", 1)
            if (problem := unreadable_record(error)) is not None:
                return _say(f"error: {problem}", 1)
            problem = environment_problem(error)
            if problem is None:
                raise
            place = place_of_problem(error) or command.outputs() or "writing"
            return _say(f"error: {place}: {problem}", 1)
        return 0

    def complete(argv: Sequence[str]) -> int:
        status = guarded(argv)
        # All is said. Python's end takes a while, and gives signals back to the system before.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return status

    interruption.install()
    # TFDS warns about its own use of a deprecated property.
    logging.get_absl_logger().addFilter(
        lambda record: "`FeatureConnector.dtype` is deprecated" not in record.getMessage()
    )
    # absl would set INFO, at which TFDS logs every file; --verbosity=0 still sets it.
    logging.set_verbosity(logging.WARNING)
    app.run(complete, argv, flags_parser=lambda argv: parse_or_exit(command, argv))


def parse_or_exit(command: Command, argv: Sequence[str]) -> list[str]:
    """Parses the flags like `Command.parse`; exits with one line if a flag is wrong."""
    try:
        return command.parse(argv)
    except BrokenPipeError:  # The reader of the help, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except UserError as error:
        sys.exit(_say(f"error: {error}", 1))
    except (flags.Error, ValueError) as error:  # absl's --stderrthreshold raises a ValueError.
        sys.exit(_say(f"error: {summarize_error(error)}", 1))


def _say(message: str, status: int) -> int:
    print(escaped(message), file=sys.stderr)
    return status
