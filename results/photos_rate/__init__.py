"""Learning rates of the discriminator, with the flagfile for photos."""
