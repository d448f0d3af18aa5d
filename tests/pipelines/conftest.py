"""Data sets that several test files read."""

import contextlib

import pytest

from pipelines import datasets
from pipelines.folder import named_images, work
from pipelines.images import checking
from pipelines.workers.pool import WorkerPool
from tests.tfds_records import open_small


@pytest.fixture(scope="session")
def one_pool():
    """Lets all preparations of this process share one pool, which takes seconds to start."""
    with (
        WorkerPool(checking.__name__, num_workers=2) as pool,
        pytest.MonkeyPatch.context() as patch,
    ):
        for module in (named_images, work):
            patch.setattr(module, "WorkerPool", lambda name: contextlib.nullcontext(pool))
        yield pool


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def digits(data_dir):
    return datasets.open_dataset("digits", data_dir=data_dir)


@pytest.fixture(scope="module")
def small(data_dir):
    return open_small(data_dir)
