"""Data sets by name: of TensorFlow Datasets, of the Hub, of arrays, and the embedded digits."""
