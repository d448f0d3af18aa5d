"""Learning rates of the discriminator and weights, with the flagfile for photos."""
