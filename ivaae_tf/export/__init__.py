"""Exports of models: SavedModel, ONNX, and the latent explorer."""
