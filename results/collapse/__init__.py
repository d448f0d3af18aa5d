"""Training of convolutional models on CIFAR-10: who collapses."""
