"""An AAE with a faster discriminator, and longer trainings, on CIFAR-10."""
