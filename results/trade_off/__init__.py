"""Trade-off on MNIST between reconstruction and regularity of the codes."""
