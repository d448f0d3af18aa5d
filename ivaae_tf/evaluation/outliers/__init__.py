"""Detection of images that are unlike the training images."""
