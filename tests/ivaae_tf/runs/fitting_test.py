"""Files of a run that are whole, and of another run."""

import dataclasses
import shutil

import numpy as np
import pytest

from ivaae_tf.methods import METHODS
from ivaae_tf.models import checkpoints
from ivaae_tf.models.build import make_compiled_model
from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.models.second_stage import make_second_stage, make_second_stage_optimizers
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import sides
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.fitting import check_is_of
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.runs.second_stage import SecondStageDirectory, SecondStageRecord
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.settings import Settings
from tests.small_models import small_model
from tests.written_runs import write_record_of

DATA = {
    "name": "digits",
    "fingerprint": "0123",
    "records": "/data/digits",
    "channels": 1,
    "num_images": {"train": 1000, "validation": 100},
}


def make(method, **options):
    options = {"image_size": 16, "network": "convolutional", "latent_dim": 4, **options}
    settings = Settings(method=method, width=0.01, jit_compile=False, **options)
    model = make_compiled_model(settings, (*sides(settings.image_size), 1), 10, 1)
    return RunRecord(settings, DATA, model.parameter_counts, {}), model


def test_a_model_is_of_its_own_record_and_of_no_other(tmp_path):
    made = {method: make(method) for method in METHODS}
    for method, (record, _) in made.items():
        for other, (_, model) in made.items():
            if other == method:
                check_is_of(record, model, tmp_path)
                continue
            with pytest.raises(
                UserError, match=r"does not match the record of its run: .* is .*, expected"
            ):
                check_is_of(record, model, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_size": 32}, r"image shape is \(16, 16, 1\), expected \(32, 32, 1\)"),
        ({"latent_dim": 8}, "latent_dim is 4, expected 8"),
        ({"num_bridges": 2}, "num_bridges is 4, expected 2"),
        ({"posterior": "gaussian"}, "posterior is PointPosterior, expected GaussianPosterior"),
    ],
)
def test_settings_that_are_not_those_of_the_model_are_named(tmp_path, change, message):
    record, model = make("ivaae_radial")
    record = dataclasses.replace(record, settings=dataclasses.replace(record.settings, **change))
    with pytest.raises(
        UserError, match=rf"best\.keras does not match the record of its run: {message}"
    ):
        check_is_of(record, model, tmp_path / "best.keras")


def test_a_checkpoint_of_another_run_is_not_loaded(tmp_path):
    """The weights of the two have the same names and shapes."""
    model, other = (
        small_model(method, FusedAdam, image_shape=(8, 8, 1))
        for method in ("ivaae_radial", "ivaae_svgd")
    )
    run = write_record_of(model, tmp_path, method="ivaae_radial")
    run.save_best(other)
    with pytest.raises(UserError, match="intervention is SVGDIntervention, expected RadialInterv"):
        run.load_best()
    run.save_last(other)
    with pytest.raises(UserError, match=r"last\.keras is of another run: its intervention is SVGD"):
        run.restore_last(model)
    assert model.steps_trained == 0


@pytest.fixture
def second_stage(tmp_path):
    """Writes a second stage of codes of dimension 4."""
    directory = SecondStageDirectory(tmp_path / "second_stage")
    settings = SecondStageSettings(width=0.01, batch_size=8)
    codes = np.random.default_rng(0).normal(size=(64, 4))
    record = SecondStageRecord.of(settings, codes, first_stage_epoch=3)
    directory.path.mkdir()
    directory.record_or_check(record)
    model = make_second_stage(settings, 4)
    model.compile(**make_second_stage_optimizers(settings, 8), jit_compile=False)
    directory.save_last(model)
    return directory, record


def test_a_second_stage_is_of_the_codes_of_the_model(second_stage):
    directory, record = second_stage
    assert directory.load_sampler(3, 4)(5, 0).shape == (5, 4)
    message = r"second_stage\.json has codes of dimension 4, expected 5"
    with pytest.raises(UserError, match=message):
        directory.load_sampler(3, 5)
    with pytest.raises(UserError, match=message):
        directory.record_or_check(dataclasses.replace(record, mean=[0.0] * 5, scale=[1.0] * 5))


@pytest.mark.parametrize("method", ["ivaae_radial", "gan", "vae"])
def test_a_checkpoint_of_the_first_stage_is_no_second_stage(second_stage, tmp_path, method):
    directory, _ = second_stage
    checkpoints.save(make(method)[1], tmp_path / "last.keras")
    shutil.move(tmp_path / "last.keras", directory.last_checkpoint_path)
    with pytest.raises(UserError, match=r"last\.keras does not match second_stage\.json: shape is"):
        directory.load_sampler(3, 4)
    assert not RunDirectory(tmp_path).record_path.exists()
