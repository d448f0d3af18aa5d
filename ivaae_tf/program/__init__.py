"""What every command stands on: flags, errors, signals, safe files."""
