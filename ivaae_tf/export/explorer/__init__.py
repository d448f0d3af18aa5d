"""Latent explorer: a web page that encodes and decodes images in the browser."""
