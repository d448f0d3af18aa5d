"""Averages of the weights in short trainings on MNIST."""
