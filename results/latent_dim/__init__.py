"""Dimensions of codes on MNIST, at higher learning rates and with averaged weights."""
