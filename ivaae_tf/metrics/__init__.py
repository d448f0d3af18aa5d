"""Scores of generative models, each with its conditions and its standard error."""
