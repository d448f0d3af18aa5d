"""Intervention Adversarial Auto-Encoders: models, metrics and the programs that run them."""
