"""Reversed labels in the objective of the encoder, on MNIST."""
