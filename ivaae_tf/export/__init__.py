"""Exports of models: SavedModel, ONNX, and the latent explorer."""

from ivaae_tf.api.options import FORMATS

ENCODER, DECODER = "encoder.onnx", FORMATS["onnx"]
COLUMNS = "columns.json"  # the names of the columns of vectors, in a SavedModel
