"""Figure 2 with the trained discriminator, on MNIST."""
