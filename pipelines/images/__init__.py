"""Image files, checked and decoded, and images as tensors."""
