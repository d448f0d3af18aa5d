import numpy as np
import pytest

from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.finished import read_runs
from tests.written_runs import fld, write_run


def test_what_a_run_left_is_read(tmp_path):
    score = fld(0.2, 3)
    run = read_runs([write_run(tmp_path / "run", epochs=3, scores=[score], seed=7)])[0]
    assert run.name == "run"
    assert run.settings.seed == 7
    assert run.epochs == 3 and run.history[2]["latent_loss"] == 0.5
    assert run.scores == [score]
    # Codes are from N(0, I₁₆), so the entries' standard errors are at most √(2/500) = 0.06.
    np.testing.assert_allclose(run.covariance.matrix, np.eye(16), atol=0.25)
    assert run.covariance.origin == "covariance of 500 validation codes after epoch 3"
    assert run.samples.startswith(b"\x89PNG")


def test_a_run_that_has_only_begun_is_read(tmp_path):
    run = read_runs([write_run(tmp_path / "run", epochs=0, with_pictures=False)])[0]
    assert (run.epochs, run.history, run.scores) == (0, {}, [])
    assert run.samples is run.reconstructions is run.covariance is None
    assert not run.has_checkpoint


def test_names_are_as_long_as_they_must_be(tmp_path):
    folders = [write_run(tmp_path / place) for place in ("a/run", "b/run", "b/other")]
    assert [run.name for run in read_runs(folders[1:])] == ["run", "other"]
    assert [run.name for run in read_runs(folders)] == ["a/run", "b/run", "b/other"]


def test_names_that_differ_in_spaces_alone_are_numbered(tmp_path):
    folders = [write_run(tmp_path / name) for name in ("a b", "a  b", "c")]
    assert [run.name for run in read_runs(folders)] == ["a b [1]", "a b [2]", "c [3]"]
    assert [run.path for run in read_runs(folders)] == folders


def test_slugs_are_distinct_names_of_files(tmp_path):
    folders = [write_run(tmp_path / name) for name in ("a b", "a_b", "ä<b>\n")]
    slugs = [run.slug for run in read_runs(folders)]
    assert slugs == ["1_a_b", "2_a_b", "3__b_"]


@pytest.mark.parametrize(
    ("damaged", "content"),
    [
        ("run.json", "{"),
        ("run.json", "[]"),
        ("history.json", "{"),
        ("history.json", "[1]"),
        ("scores.json", "[1]"),
        ("samples.png", "no picture"),
        ("code_covariance.csv", "1,2\n3"),
        ("code_covariance.csv", "1,2"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, damaged, content):
    folder = write_run(tmp_path / "run", scores=[fld(1, 1)])
    (folder / damaged).write_text(content)
    with pytest.raises(UserError) as caught:
        read_runs([folder])
    assert str(folder) in str(caught.value) and damaged in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_run_and_one_given_twice_are_refused(tmp_path):
    with pytest.raises(UserError, match="not the --workdir of a training run"):
        read_runs([tmp_path])
    folder = write_run(tmp_path / "run")
    with pytest.raises(UserError, match="given 2 times"):
        read_runs([folder, folder / ".." / "run"])
