"""The checkpoints of a training: two are kept, and damaged ones are set aside."""

import errno
import zipfile
from pathlib import Path

import pytest

from ivaae_tf.models import checkpoints, keras_archive
from ivaae_tf.program.errors import UserError
from tests.ivaae_tf.runs.tensorboard_files_test import points
from tests.small_models import small_model
from tests.written_runs import fld, write_record_of, write_run


@pytest.fixture(scope="module")
def model():
    return small_model(image_shape=(8, 8, 1))


@pytest.fixture
def run(tmp_path, model):
    folder = write_run(tmp_path / "run", batch_size=100, with_pictures=False)
    return write_record_of(model, folder, batch_size=100)


def save(run, model, step, in_epoch=False):
    model.decoder_optimizer.iterations.assign(step)
    (run.save_in_epoch if in_epoch else run.save_last)(model)


def steps(run):
    """Returns file -> step of the checkpoints."""
    folder = run.last_checkpoint_path.parent
    return {path.name: checkpoints.steps_trained(path) for path in sorted(folder.glob("*.keras"))}


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_newest_two_states_are_kept(run, model):
    save(run, model, 10)
    assert steps(run) == {"last.keras": 10}
    save(run, model, 20)
    assert steps(run) == {"last.keras": 20, "previous.keras": 10}
    save(run, model, 23, in_epoch=True)
    save(run, model, 26, in_epoch=True)
    assert steps(run) == {"in_epoch.keras": 26, "last.keras": 20, "previous.keras": 23}
    save(run, model, 30)
    assert steps(run) == {"last.keras": 30, "previous.keras": 26}
    assert run.newest_step() == 30


def stop(*arguments, **keywords):
    raise KeyboardInterrupt


def test_there_is_a_last_checkpoint_at_every_moment(run, model, monkeypatch):
    save(run, model, 10)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", stop)
        save(run, model, 20)
    assert steps(run)["last.keras"] == 10
    save(run, model, 20)
    assert steps(run) == {"last.keras": 20, "previous.keras": 10}


def test_two_states_are_kept_without_hard_links(run, model, monkeypatch):
    def refuse(*arguments):
        raise OSError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    save(run, model, 10)
    save(run, model, 20)
    assert steps(run) == {"last.keras": 20, "previous.keras": 10}


@pytest.mark.parametrize(
    ("damaged", "left"), [(["in_epoch"], 23), (["in_epoch", "previous"], 20), (["last"], 26)]
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    run, model, capsys, damaged, left
):
    save(run, model, 20)
    save(run, model, 23, in_epoch=True)
    save(run, model, 26, in_epoch=True)
    folder = run.last_checkpoint_path.parent
    for name in damaged:
        flip_a_byte(folder / f"{name}.keras")
    run.restore_last(model)
    assert model.steps_trained == left
    lines = capsys.readouterr().err.splitlines()
    for name, line in zip(damaged, lines, strict=True):
        assert line.startswith(f"warning: {folder / name}.keras is damaged: ")
        assert (folder / f"{name}.damaged-1.keras").exists()
        assert not (folder / f"{name}.keras").exists()


def test_a_checkpoint_that_a_disk_does_not_give_is_not_set_aside(run, model, monkeypatch):
    save(run, model, 10)
    save(run, model, 20)
    run.save_best(model)
    before = sorted(run.last_checkpoint_path.parent.iterdir())

    def fail(*arguments, **options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(zipfile, "ZipFile", fail)
    for read in (lambda: run.restore_last(model), run.load_best):
        with pytest.raises(UserError, match=r"\.keras cannot be read: input/output error$"):
            read()
    assert sorted(run.last_checkpoint_path.parent.iterdir()) == before


def test_each_checkpoint_is_checked_once_when_it_is_opened(run, model, monkeypatch):
    save(run, model, 10)
    save(run, model, 20)
    run.save_best(model)
    checked = []
    check = keras_archive.check_content
    monkeypatch.setattr(
        keras_archive, "check_content", lambda path: checked.append(path.stem) or check(path)
    )
    run.load_best()
    assert checked == ["best"]
    checked.clear()
    run.restore_last(model)
    assert sorted(checked) == ["best", "last", "previous"]


def test_a_lone_damaged_checkpoint_is_an_error_and_stays(run, model):
    save(run, model, 10)
    run.last_checkpoint_path.write_bytes(run.last_checkpoint_path.read_bytes()[:1000])
    for _ in range(2):
        with pytest.raises(UserError, match=r"last.keras is damaged.*move it away"):
            run.restore_last(model)


def test_a_damaged_best_checkpoint_falls_back_to_the_last(run, model, capsys):
    save(run, model, 10)
    save(run, model, 20)
    run.save_best(model)
    flip_a_byte(run.best_checkpoint_path)
    assert run.load_best().steps_trained == 20
    assert "best.keras is damaged" in capsys.readouterr().err
    flip_a_byte(run.last_checkpoint_path)
    assert run.load_best().steps_trained == 10
    run.restore_last(model)
    assert not run.best_checkpoint_path.exists()


def test_history_and_curves_are_cut_back_together(run):
    for step in (10, 20, 25, 30):
        run.log_writers["step"].logs({"latent_loss": 1.0}, step)
    for step in (12, 24, 36):
        run.log_writers["epoch"].logs({"latent_loss": 1.0}, step)
    run.add_scores([fld(0.5, 2), fld(0.5, 3)])
    run.flush_curves()
    run.cut_back(25, 2, 24)
    assert points(run.logs_path / "step") == {"loss/latent": [10, 20, 25]}
    assert points(run.logs_path / "epoch") == {"loss/latent": [12, 24]}
    assert points(run.logs_path) == {"scores/fld": [2]}
    assert list(run.read_history()) == [1, 2]
    # All steps of an epoch are done, but not its end, which draws its averages again.
    run.cut_back(24, 1, 12)
    assert points(run.logs_path / "step") == {"loss/latent": [10, 20]}
    assert points(run.logs_path / "epoch") == {"loss/latent": [12]}
    assert list(run.read_history()) == [1]
