"""Controls on CIFAR-10: faster discriminators, WAE-MMD, another weight, more epochs."""
