"""`--help` of a command lists its flags by topic, also those shared with other commands."""

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
    assert finished.returncode == 0, finished.stderr
    assert f"\n  --{shared_flag}: " in finished.stdout
    assert "tensorflow_datasets" not in finished.stdout


def test_the_flags_of_training_stand_by_topic_and_ten_of_them_first():
    page = Main("ivaae_tf.train", "--help").wait().stdout
    sections = {
        section.partition(":\n")[0]: section.count("\n  --") for section in page.split("\n\n")
    }
    assert sections["Flags that matter most"] == 10
    titles = ["Flags that matter most", "Run", "Data", "Model and loss", "Optimization", "Machine"]
    assert [title for title in sections if title in titles] == titles
    assert "Flags" not in sections  # Each has a topic.
    assert page.count("\n  --epochs: ") == 1
