"""Keras models, their networks, optimizers, samplers and checkpoints."""
