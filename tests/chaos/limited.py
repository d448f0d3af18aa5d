"""Main for tests: a command whose files cannot grow beyond a limit, as on a full disk.

limited.py BYTES COMMAND <flag>…
"""

import os
import resource
import subprocess
import sys

from ivaae_tf.__main__ import main as ivaae


def write_messages_without_limit() -> None:
    """Lets other processes write what this one says to the files of its output."""
    for descriptor in (1, 2):
        writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=descriptor)
        os.dup2(writer.stdin.fileno(), descriptor)
        writer.stdin.close()


if __name__ == "__main__":
    _, limit, command, *flags = sys.argv
    write_messages_without_limit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.argv = ["ivaae", command, *flags]
    ivaae()
