"""Residual against convolutional networks on CIFAR-10."""
