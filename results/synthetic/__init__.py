"""Trains small auto-encoders on synthetic data whose true codes follow the prior."""
