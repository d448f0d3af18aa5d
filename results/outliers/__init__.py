"""Outliers: one digit of MNIST held out, each in turn."""
