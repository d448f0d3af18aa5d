"""Image data: preparing records, and reading them as `tf.data` pipelines."""
