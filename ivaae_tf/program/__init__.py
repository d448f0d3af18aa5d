"""The base of every command: flags, errors, signals, safe files."""
