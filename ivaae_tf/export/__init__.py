"""Exports of models: SavedModel, ONNX, and the latent explorer."""

ENCODER, DECODER = "encoder.onnx", "decoder.onnx"
# Format -> a file that each export of it has.
FORMATS = {"saved_model": "saved_model.pb", "onnx": DECODER}
