"""`--helpshort` of a command lists its flags, those that it shares with others too."""

import pytest

from tests.mains import Main


@pytest.mark.parametrize(
    "module, shared_flag",
    [
        ("ivaae_tf.train", "method"),
        ("ivaae_tf.evaluate", "num_codes"),
        ("ivaae_tf.stability", "data_dir"),
        ("pipelines.prepare", "dataset"),
    ],
)
def test_shared_flags_are_listed(module, shared_flag):
    finished = Main(module, "--helpshort").wait()
    assert f"\n  --{shared_flag}: " in finished.stdout
    assert "tensorflow_datasets" not in finished.stdout
