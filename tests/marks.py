"""Marks of tests."""

from collections.abc import Container, Iterable

import pytest


def slow_unless(values: Iterable, quick: Container) -> list:
    """Returns values of a parameter, of which all but the quick ones are slow tests."""
    return [
        value if value in quick else pytest.param(value, marks=pytest.mark.slow) for value in values
    ]
