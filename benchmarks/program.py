"""Entry point of benchmarks, and their flag --out."""

import signal
import sys
from collections.abc import Callable

from absl import app, flags, logging


def define_out_flag() -> flags.FlagHolder[str | None]:
    """Declares --out, the file of the figures."""
    return flags.DEFINE_string("out", None, "JSON file for the figures.")


def run(main: Callable[[], None]) -> None:
    """Parses the flags, runs `main()` and ends the process."""

    def quietly(argv: list[str]) -> None:
        if len(argv) > 1:
            sys.exit(f"error: unexpected argument {argv[1]!r}: options start with --")
        # An exception, so that `with` blocks end the processes that a benchmark has suspended.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        # absl would set INFO, at which TFDS and Keras log every file.
        logging.set_verbosity(logging.WARNING)
        logging.get_absl_logger().addFilter(
            lambda record: "`FeatureConnector.dtype` is deprecated" not in record.getMessage()
        )
        main()

    app.run(quietly)
