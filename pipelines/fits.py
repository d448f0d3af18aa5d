"""The ways to make an image square, by name; `images.py` does it."""

FITS = ("crop", "pad", "stretch")
