"""Data sets that several test files read."""

import pytest

from pipelines import datasets
from pipelines.workers import fork_server
from tests.tfds_records import open_small


@pytest.fixture(scope="session")
def one_fork_server():
    """Lets all preparations of this process share one server, which takes seconds to start."""
    with fork_server.running() as server:
        yield server


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def digits(data_dir):
    return datasets.open_dataset("digits", data_dir=data_dir)


@pytest.fixture(scope="module")
def small(data_dir):
    return open_small(data_dir)
