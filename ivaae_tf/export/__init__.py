"""Models as files of other programs: SavedModel, ONNX and the explorer's page."""
