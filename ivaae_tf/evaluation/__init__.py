"""Scores of a trained model, of its classes and of single images."""
