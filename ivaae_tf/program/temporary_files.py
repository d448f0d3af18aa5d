"""A folder for the temporary files of this process.

TensorFlow's autograph writes a file for each function that it converts, and removes it only if the
process ends by itself. Here the next process removes what a killed one left.
"""

import contextlib
import shutil
import tempfile
from multiprocessing import util
from pathlib import Path

from ivaae_tf.program.atomic_files import locked_folder, remove_incomplete

# As with `atomic.MARK`, but in the system's folder for temporary files.
_PREFIX = ".ivaae_tf.temporary."


def use_own_folder() -> None:
    """Puts the temporary files of this process in a folder that is removed at its end."""
    with contextlib.suppress(OSError):  # There may be no place for temporary files.
        folder, _ = locked_new_folder()
        tempfile.tempdir = str(folder)
        # After multiprocessing has removed its own folder in it, whose priority is -100.
        util.Finalize(None, shutil.rmtree, (folder, True), exitpriority=-200)


def locked_new_folder() -> tuple[Path, int]:
    """Makes a folder for temporary files, and removes those of killed processes.

    Returns:
        The folder, and the descriptor that holds its lock, as `atomic.locked_folder` does.
    """
    parent = tempfile.gettempdir()
    remove_incomplete(parent, _PREFIX)
    return locked_folder(parent, _PREFIX)
