"""What bridges do to the best discriminator, without training."""
