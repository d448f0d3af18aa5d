"""Studies of what the paper claims; each is a package with a main, a page and its numbers."""
