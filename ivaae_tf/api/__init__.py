"""The functions that the commands call, with every flag as a keyword argument."""
