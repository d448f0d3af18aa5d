"""Options of the whole suite."""

import gc
import os

# Tests run each XLA program only a few times, so compiling four times as fast saves more time.
XLA_FLAGS = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)


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
