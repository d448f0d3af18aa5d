"""Runs on disk: each file of a run is written and read here."""
