"""Records: written by TensorFlow Datasets, found, checked and opened."""
