"""Semi-supervised classification and clusters on MNIST, with and without a bridge."""
