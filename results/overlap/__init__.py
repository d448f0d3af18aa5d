"""Best discriminator of Gaussian codes, with and without bridges."""
