"""Image data: preparing records, and reading them as `tf.data` pipelines."""

from pipelines import tensorflow_import

tensorflow_import.prepare()
