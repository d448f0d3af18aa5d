"""Training loop, checkpoints, callbacks and several machines."""
