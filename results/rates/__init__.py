"""Learning rates for short trainings, on MNIST."""
