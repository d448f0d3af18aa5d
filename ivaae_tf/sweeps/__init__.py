"""Sweeps: runs with all combinations of some settings, several at a time, and their table."""
