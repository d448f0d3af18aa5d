"""New images of a class on MNIST, with a conditional model and with mixtures of codes."""
