"""Main for tests: a main of the program whose files cannot grow beyond a limit, as on a full disk.

limited.py BYTES MODULE <flag>…
"""

import resource
import runpy
import sys

if __name__ == "__main__":
    _, limit, module, *flags = sys.argv
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.argv = [module, *flags]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
