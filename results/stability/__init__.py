"""Stability of the discriminator after training (Figures 2 and 3), on MNIST."""
