"""Keras layers: the parts of which a model is made."""
