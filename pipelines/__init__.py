"""Image data: preparing records, and reading them as `tf.data` pipelines."""

import ivaae_tf.program  # noqa: F401  ivaae_tf prepares TensorFlow's import
