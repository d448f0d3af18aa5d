import pytest

from ivaae_tf.runs.finished import read_runs
from tests.written_runs import write_run


@pytest.fixture
def make_run(tmp_path):
    """Writes a run with `write_run` and returns it as a report reads it."""

    def make_run(name="run", **kwargs):
        return read_runs([write_run(tmp_path / name, **kwargs)])[0]

    return make_run
