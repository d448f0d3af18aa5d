"""The slow programs of this folder run only with --chaos."""

import random

import pytest


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--chaos"):
        skip = pytest.mark.skip(reason="needs --chaos")
        for item in items:
            if "tests/chaos" in item.path.as_posix():
                item.add_marker(skip)


@pytest.fixture
def chaos(request):
    """Random numbers of the given seed."""
    return random.Random(request.config.getoption("--chaos_seed"))


@pytest.fixture
def num_accidents(request):
    return request.config.getoption("--num_accidents")
