"""Main for tests: a main of the program whose files cannot grow beyond a limit, as on a full disk.

limited.py BYTES MODULE <flag>…
"""

import os
import resource
import runpy
import subprocess
import sys


def write_messages_without_limit() -> None:
    """Lets other processes write what this one says to the files of its output."""
    for descriptor in (1, 2):
        writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=descriptor)
        os.dup2(writer.stdin.fileno(), descriptor)
        writer.stdin.close()


if __name__ == "__main__":
    _, limit, module, *flags = sys.argv
    write_messages_without_limit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.argv = [module, *flags]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
