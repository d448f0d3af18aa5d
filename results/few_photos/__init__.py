"""Few photos: a run from the weights of another against one from scratch."""
