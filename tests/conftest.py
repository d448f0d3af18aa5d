"""Options of the whole suite."""

import os

# XLA's programs are run a few times each here: compiling them twice as fast counts for more.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


def pytest_addoption(parser):
    parser.addoption(
        "--every_combination",
        action="store_true",
        help="Run the slow tests, too, on all interventions × divergences × networks.",
    )
