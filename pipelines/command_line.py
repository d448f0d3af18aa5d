"""Starts a command and prints its errors."""

import sys
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from pipelines import flagfiles, help_page
from pipelines.errors import UserError, environment_problem, summarize_error

_HELP = {"--help", "-help", "-h", "-?", "--helpshort", "-helpshort"}


def run(
    main: Callable[[Sequence[str]], None],
    takes_arguments: bool = False,
    first_flags: Sequence[str] = (),
) -> None:
    """Parses the flags, runs `main(argv)` and ends the process.

    An invalid flag, a `UserError`, or an error of the disk or of a path becomes one line on
    standard error and exit status 1; Ctrl-C becomes one line and exit status 130.

    Args:
        main: Takes the program's name and the arguments that are not flags.
        takes_arguments: Whether such arguments may come before, between and after the flags.
        first_flags: Names of the most important flags, which --help lists first.
    """

    def guarded(argv: Sequence[str]) -> int:
        try:
            if len(argv) > 1 and not takes_arguments:
                raise UserError(f"unexpected argument {argv[1]!r}: options start with --")
            main(argv)
        except UserError as error:
            return _say(f"error: {error}", 1)
        except KeyboardInterrupt:
            return _say(
                "interrupted; finished work is kept: run the same command again to continue",
                130,
            )
        except Exception as error:
            problem = environment_problem(error)
            if problem is None:
                raise
            return _say(f"error: {getattr(error, 'filename', None) or 'writing'}: {problem}", 1)
        return 0

    def parsed(argv: Sequence[str]) -> list[str]:
        try:
            arguments = flagfiles.expand(argv[1:])
            options = arguments[: arguments.index("--")] if "--" in arguments else arguments
            if not _HELP.isdisjoint(options):
                description = sys.modules["__main__"].__doc__ or ""
                print(help_page.render(argv[0], description, first_flags))
                sys.exit(0)
            return flags.FLAGS([argv[0], *arguments])
        except UserError as error:
            sys.exit(_say(f"error: {error}", 1))
        except flags.Error as error:
            sys.exit(_say(f"error: {summarize_error(error)}", 1))

    # TFDS warns about its own use of a deprecated property.
    logging.get_absl_logger().addFilter(
        lambda record: "`FeatureConnector.dtype` is deprecated" not in record.getMessage()
    )
    # absl would set INFO, at which TFDS logs every file; --verbosity=0 still sets it.
    logging.set_verbosity(logging.WARNING)
    flags.FLAGS.set_gnu_getopt(takes_arguments)
    app.run(guarded, flags_parser=parsed)


def _say(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status
