"""The training loop, its checkpoints, callbacks and machines."""
