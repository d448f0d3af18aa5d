"""Imports TensorFlow for a main.

A main imports this before anything else that imports TensorFlow. From then on Ctrl-C and SIGTERM
end the process with a line.
"""

from ivaae_tf.program import interruption, temporary_files

interruption.install()  # The import takes seconds, and Ctrl-C would end in a traceback.
temporary_files.use_own_folder()

import tensorflow  # noqa: E402, F401
