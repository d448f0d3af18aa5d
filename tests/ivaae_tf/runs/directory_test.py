"""The folder of a run, without a process and without training."""

import shlex
import types

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ivaae_tf.program.atomic_files import MARK
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from tests.small_models import assert_equal, small_model
from tests.written_runs import fid, fld, record_of, write_record_of, write_run


def test_one_process_trains_in_a_folder(tmp_path):
    first, second = RunDirectory(tmp_path / "run"), RunDirectory(tmp_path / "run")
    first.create_and_lock()
    with pytest.raises(UserError, match="another process is training in"):
        second.create_and_lock()
    del first
    second.create_and_lock()


def test_what_a_killed_process_left_is_removed(tmp_path):
    run = RunDirectory(tmp_path)
    for folder in (run.path, run.last_checkpoint_path.parent):
        (folder / f"{MARK}x").mkdir(parents=True)
    run.create_and_lock()
    assert not list(tmp_path.rglob(f"{MARK}*"))


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b'{"1": [2]}', b'{"0": {}}', b"\xff"])
@pytest.mark.parametrize("name", ["history", "scores"])
def test_a_damaged_file_is_set_aside_before_training(name, content, tmp_path, capsys):
    path = tmp_path / f"{name}.json"
    path.write_bytes(content)
    run = RunDirectory(tmp_path)
    run.create_and_lock()
    assert (tmp_path / f"{name}.damaged-1.json").read_bytes() == content
    assert not path.exists()
    assert f"{path} is damaged" in capsys.readouterr().err
    run.add_to_history(1, {"loss": 1.0})
    run.add_scores([fld(0.5, 1)])
    assert run.read_history() == {1: {"loss": 1.0}} and run.read_scores() == [fld(0.5, 1)]


def test_a_new_run_is_recorded_and_an_old_one_checked(tmp_path):
    run = RunDirectory(tmp_path)
    run.record_or_check(record_of())
    written = run.record_path.read_bytes()
    run.record_or_check(record_of())
    with pytest.raises(UserError, match="--width"):
        run.record_or_check(record_of(width=0.1))
    assert run.record_path.read_bytes() == written


def test_epochs_are_whole_epochs_of_the_record(tmp_path):
    run = RunDirectory(write_run(tmp_path, batch_size=64))  # of 1,000 images: 15 steps
    steps = {0: 0, 14: 0, 15: 1, 46: 3}
    models = [types.SimpleNamespace(steps_trained=step) for step in steps]
    assert [run.epochs_trained(model) for model in models] == list(steps.values())


def test_an_epoch_that_is_trained_again_replaces_its_averages(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.read_history() == {}
    for epoch, loss in ((1, 3.0), (2, 2.0), (2, 1.0)):
        run.add_to_history(epoch, {"reconstruction_loss": loss})
    assert run.read_history() == {1: {"reconstruction_loss": 3.0}, 2: {"reconstruction_loss": 1.0}}


def test_scores_go_to_their_file_and_to_tensorboard(tmp_path):
    run = RunDirectory(tmp_path)
    of_mixture = fid(30, 2, sampler="gmm")
    run.add_scores([fld(0.5, 2), of_mixture])
    run.add_scores([fld(0.25, 3)])
    assert run.read_scores() == [fld(0.5, 2), of_mixture, fld(0.25, 3)]
    events = EventAccumulator(str(run.logs_path), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Tensors("scores/fld")] == [2, 3]
    assert [event.step for event in events.Tensors("scores_of_gmm/fid")] == [2]


def test_the_command_of_tensorboard_can_be_copied_to_a_shell(tmp_path):
    folder = tmp_path / "we'ird [v2] 50% *#1? $(id) & x"
    command = shlex.split(RunDirectory(folder).summary().splitlines()[-1])
    assert command[-2:] == ["--logdir", str(folder / "logs")]


def test_pictures_of_runs_are_not_data(tmp_path):
    runs = [write_run(tmp_path / name) for name in ("a", "b")]
    (tmp_path / "photos").mkdir()
    assert set(RunDirectory(runs[0]).not_data) == set(runs)
    new = tmp_path / "new"
    assert set(RunDirectory(new).not_data) == {*runs, new}


def test_pictures_and_covariance_come_back(tmp_path):
    run = RunDirectory(tmp_path)
    record_of(latent_dim=2).write(run.record_path)
    assert run.read_picture(run.samples_path) is run.read_code_covariance() is None
    pictures = np.zeros((2, 5, 4, 1), np.uint8)
    for name, picture in zip(("samples", "reconstructions"), pictures, strict=True):
        run.write_picture(name, picture)
    assert run.read_picture(run.samples_path) == run.read_picture(run.reconstructions_path)
    covariance = np.array([[1.0, 0.25], [0.25, 2.0]])
    run.write_code_covariance(covariance, 40, 3)
    np.testing.assert_array_equal(run.read_code_covariance().matrix, covariance)
    assert run.read_code_covariance().origin == "covariance of 40 validation codes after epoch 3"
    record_of(latent_dim=3).write(run.record_path)
    with pytest.raises(
        UserError, match=r"code_covariance\.csv has codes of dimension 2, expected 3"
    ):
        run.read_code_covariance()


def test_each_checkpoint_is_read_where_it_is_written(tmp_path):
    last, best, target = (small_model(image_shape=(8, 8, 1)) for _ in range(3))
    run = write_record_of(last, tmp_path)
    with pytest.raises(UserError, match="has no checkpoint yet"):
        run.load_best()
    last.decoder_optimizer.iterations.assign(7)
    best.decoder_optimizer.iterations.assign(3)
    run.restore_last(target)  # There is none: the model stays as it is.
    assert target.steps_trained == 0
    run.save_last(last)
    assert run.load_best().steps_trained == 7  # nothing was evaluated
    run.save_best(best)
    assert run.load_best().steps_trained == 3
    run.restore_last(target)
    assert target.steps_trained == 7
    assert_equal(target.get_weights(), last.get_weights())
