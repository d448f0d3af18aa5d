"""Fixtures: commands as a user starts them, and one finished run for several tests."""

import pytest

from tests.mains import Main, run

TINY = (
    *("--flagfile=flags/demo.flags", "--width=0.05", "--image_size=16", "--pictures_every=1"),
    # Not the demo's, whose rates and weights may change.
    *("--learning_rate_encoder=5e-4", "--learning_rate_decoder=1e-3", "--latent_weight=1.5"),
    *("--lr_decay_epochs=", "--lr_decay_factors="),
)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def start_training(data_dir):
    """Starts training a tiny model on the embedded digits."""

    def start(workdir, *flags):
        settings = (*TINY, f"--data_dir={data_dir}", f"--workdir={workdir}")
        return Main("train", *settings, *flags)

    return start


@pytest.fixture(scope="session")
def train(start_training):
    """Trains a tiny model on the embedded digits."""
    return lambda workdir, *flags: start_training(workdir, *flags).wait()


@pytest.fixture(scope="session")
def finished_run(train, tmp_path_factory):
    """Returns the folder of a run of two epochs that was never stopped."""
    workdir = tmp_path_factory.mktemp("finished") / "run"
    finished = train(workdir, "--epochs=2")
    assert finished.returncode == 0, finished.stderr
    files = _files(workdir)
    yield workdir
    assert _files(workdir) == files, "a test has changed the run that others use: copy it there"


@pytest.fixture(scope="session")
def aae_run(train, tmp_path_factory):
    """Returns the folder of a run of one epoch of an adversarial auto-encoder."""
    workdir = tmp_path_factory.mktemp("one_epoch") / "aae"
    finished = train(workdir, "--method=aae", "--epochs=1")
    assert finished.returncode == 0, finished.stderr
    return workdir


def _files(folder):
    return {
        path.relative_to(folder): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def saved_model(finished_run, tmp_path_factory):
    """Returns the folder of a new export of the finished run."""
    folder = tmp_path_factory.mktemp("export") / "saved_model"
    finished = run("export", f"--workdir={finished_run}", f"--out={folder}")
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture
def one_line_error():
    """Checks that a process exited with an error of one line, and returns the line."""

    def check(finished):
        assert finished.returncode not in (0, None)
        lines = [line for line in finished.stderr.splitlines() if "error: " in line]
        assert "Traceback" not in finished.stderr, finished.stderr
        assert len(lines) == 1, finished.stderr
        return lines[0]

    return check
