"""Standard input, output and error as every command can use them."""

import io
import os
import sys


def prepare() -> None:
    """Opens the standard streams that are closed, and lets the others show any text.

    Without the first, the next file that is opened would have the number of the closed stream, and
    get what C++ code prints. What the terminal cannot show is printed as "?".
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            null = os.open(os.devnull, os.O_RDWR)  # It gets the lowest number that is free.
            os.set_inheritable(null, null == descriptor)
            setattr(sys, name, os.fdopen(null, "w" if descriptor else "r", encoding="utf-8"))
        elif descriptor and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
