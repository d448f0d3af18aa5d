"""The paper's networks at full size on MNIST, each method at its best weight."""
