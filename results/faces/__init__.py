"""Small models of 10,000 faces of CelebA."""
