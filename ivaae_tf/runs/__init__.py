"""Runs on disk: writes and reads all files of a run."""
