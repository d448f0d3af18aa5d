"""Finding images that are unlike the training images."""
