"""Full size on MNIST with three seeds, at the epoch with the best samples."""
