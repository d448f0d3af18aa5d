"""Starts a command and prints its errors."""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

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
    and 143. If the reader of standard output is gone, such as `head`, the command ends with status
    0 and no message.

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
            if isinstance(error, BrokenPipeError) and _reader_is_gone():
                return 0
            problem = environment_problem(error)
            if problem is None:
                raise
            place = place_of_problem(error) or command.outputs() or "writing"
            return _say(f"error: {place}: {problem}", 1)
        return 0

    def complete(argv: Sequence[str]) -> int:
        status = _flush_output(guarded(argv))
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


def print_and_exit(text: str) -> NoReturn:
    """Prints a text on standard output, whose reader may be gone, and exits with status 0."""
    with contextlib.suppress(BrokenPipeError):
        print(text)
    sys.exit(_flush_output(0))


def parse_or_exit(command: Command, argv: Sequence[str]) -> list[str]:
    """Parses the flags like `Command.parse`; exits with one line if a flag is wrong."""
    try:
        return command.parse(argv)
    except BrokenPipeError:  # The reader of the help, such as `head`, has seen enough.
        sys.exit(_flush_output(0))
    except UserError as error:
        sys.exit(_say(f"error: {error}", 1))
    except (flags.Error, ValueError) as error:  # absl's --stderrthreshold raises a ValueError.
        sys.exit(_say(f"error: {summarize_error(error)}", 1))


def _reader_is_gone() -> bool:
    """Returns whether standard output is a pipe whose other end is closed.

    A BrokenPipeError does not contain which pipe it is from.
    """
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def _flush_output(status: int) -> int:
    """Writes what standard output has buffered; returns the exit status of the command."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would write it again when it exits, and print the error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            problem = environment_problem(error) or summarize_error(error)
            return _say(f"error: standard output: {problem}", 1)
    return status


def _say(message: str, status: int) -> int:
    print(escaped(message), file=sys.stderr)
    return status
