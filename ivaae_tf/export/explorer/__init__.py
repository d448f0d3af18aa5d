"""The latent explorer: a folder of files that a browser opens, and all that they need."""
