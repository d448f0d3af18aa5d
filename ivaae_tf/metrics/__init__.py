"""Scores of generative models: what was measured, on how much, with which network, how surely."""
