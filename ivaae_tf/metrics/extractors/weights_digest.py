"""One number that tells two sets of weights apart."""

import hashlib

import keras
import numpy as np


def weights_digest(model: keras.Model) -> str:
    """Hexadecimal sha256 of a model's weights, in order: types, shapes and bytes."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(f"{weight.dtype} {weight.shape} ".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
