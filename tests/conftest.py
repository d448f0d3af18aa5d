"""Options of the whole suite."""

import functools
import gc
import os

import pytest

# Here, before NumPy is imported, and for all processes that the tests start.
os.environ.update(
    {
        # The threads of BLAS wait for each other in loops: the matrices of the tests are so small
        # that these take ten times the processor time of one thread.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        # XLA compiles four times as fast, and the tests run each program only a few times.
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false",
        **os.environ,
    }
)


def pytest_addoption(parser):
    parser.addoption(
        "--every_combination",
        action="store_true",
        help="Run the slow tests on all interventions × divergences × networks.",
    )
    parser.addoption(
        "--flag_examples",
        type=int,
        default=60,
        help="Number of command lines that are tried for each main.",
    )
    parser.addoption("--chaos", action="store_true", help="Run the programs in tests/chaos.")
    parser.addoption("--chaos_seed", type=int, default=0, help="Seed of the programs' accidents.")
    parser.addoption(
        "--num_accidents", type=int, default=10, help="Accidents in each test of tests/chaos."
    )
    parser.addoption("--soak_minutes", type=float, default=30, help="Minutes of the soak test.")


def pytest_collection_finish():
    """Lets Python look for no garbage among the imported modules, 3 % of the processor time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def short_classifier_training(monkeypatch):
    """A twelfth of the steps, as in the processes of commands, instead of half a minute."""
    from ivaae_tf.metrics.extractors import classifier_training

    short = functools.partial(classifier_training.train_classifier, num_steps=100)
    monkeypatch.setattr(classifier_training, "train_classifier", short)
