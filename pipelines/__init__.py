"""Image data: preparing records, and reading them as `tf.data` pipelines."""

import os

# TensorFlow warns of each file that its decoders refuse; the files are listed elsewhere.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
