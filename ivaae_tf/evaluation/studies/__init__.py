"""Studies of finished runs whose encoder and decoder are frozen."""
