"""All methods on MNIST with the networks of the paper."""
