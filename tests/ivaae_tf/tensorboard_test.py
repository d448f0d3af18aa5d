"""The data of a run in TensorBoard: curves, pictures, codes and profiles."""

import re
import shutil

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.tensorboard_layout import tag_of
from pipelines.images.transforms import scale
from tests.mains import run

STEPS_PER_EPOCH = 1500 // 64
NETWORKS = ("encoder", "decoder", "discriminator")


def events_of(logs):
    return EventAccumulator(str(logs), size_guidance={"tensors": 0}).Reload()


def test_tensorboard_gets_every_curve_and_picture(finished_run):
    rungs = range(5)
    groups = {
        "loss": ("reconstruction", "latent"),
        "discriminator": (
            *("cross_entropy", "js_estimate"),
            *(f"accuracy_rung_{k}" for k in rungs),
        ),
        "rungs": [f"{name}_{k}" for name in ("mean_norm", "standard_deviation") for k in rungs],
        "gradient_norm": NETWORKS,
    }
    logs = {f"{group}/{name}" for group, names in groups.items() for name in names}
    of_epochs = {f"learning_rate/{part}" for part in NETWORKS}
    of_epochs |= {"speed/images_per_second", "loss/val_reconstruction"}
    steps, epochs = (events_of(finished_run / "logs" / name) for name in ("step", "epoch"))
    assert set(steps.Tags()["tensors"]) == logs
    assert set(epochs.Tags()["tensors"]) == logs | of_epochs
    curve = "discriminator/js_estimate"
    assert [event.step for event in steps.Tensors(curve)] == [10, 20, 30, 40]
    assert [event.step for event in epochs.Tensors(curve)] == [STEPS_PER_EPOCH, 2 * STEPS_PER_EPOCH]
    events = events_of(finished_run / "logs")
    pictures = {"samples", "reconstructions", "codes/values", "codes/absolute_covariance"}
    assert pictures <= set(events.Tags()["tensors"])
    assert [event.step for event in events.Tensors("samples")] == [1, 2]


def test_custom_scalars_show_what_there_is(finished_run):
    """Each chart of the layout has a curve, except for the scores, which this run does not have."""
    (event,) = events_of(finished_run / "logs").Tensors("custom_scalars__config__")
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    assert layout.category[0].title == "Training"
    tags = events_of(finished_run / "logs" / "epoch").Tags()["tensors"]
    for category in layout.category:
        for chart in category.chart:
            for pattern in chart.multiline.tag:
                is_drawn = any(re.fullmatch(pattern, tag) for tag in tags)
                assert is_drawn != (category.title == "Scores"), pattern
    rungs = next(chart for chart in layout.category[0].chart if "accuracy" in chart.title)
    assert sum(bool(re.fullmatch(rungs.multiline.tag[0], tag)) for tag in tags) == 5


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("val_reconstruction_loss", "loss/val_reconstruction"),
        ("decoder_penalty", "loss/decoder_penalty"),
        ("discriminator_gradient_norm", "gradient_norm/discriminator"),
        ("discriminator_cross_entropy", "discriminator/cross_entropy"),
        ("discriminator_accuracy_rung_3", "discriminator/accuracy_rung_3"),
        ("mean_norm_rung_10", "rungs/mean_norm_10"),
        ("val_discriminator_accuracy_rung_1", "discriminator/val_accuracy_rung_1"),
        ("intervention_cross_entropy", "discriminator/intervention_cross_entropy"),
        ("generator_loss", "loss/generator"),
    ],
)
def test_each_scalar_has_a_group(name, tag):
    assert tag_of(name) == tag


@pytest.mark.parametrize(("steps_per_execution", "recorded"), [(1, "3 to 8"), (5, "1 to 10")])
def test_a_profile_has_the_steps_between_the_two(train, tmp_path, steps_per_execution, recorded):
    flags = ("--profile_steps=3,8", f"--steps_per_execution={steps_per_execution}")
    finished = train(tmp_path / "run", "--epochs=1", *flags)
    assert finished.returncode == 0, finished.stderr
    (profile,) = (tmp_path / "run" / "logs" / "plugins" / "profile").rglob("*.xplane.pb")
    assert profile.stat().st_size > 1000
    assert f"profile of steps {recorded} in" in finished.stdout


@pytest.mark.parametrize("steps", ["5", "8,3", "1,2,3", "0,4"])
def test_wrong_profile_steps_are_one_line(train, tmp_path, one_line_error, steps):
    line = one_line_error(train(tmp_path / "run", f"--profile_steps={steps}"))
    assert "profile_steps" in line
    assert not (tmp_path / "run").exists()


def test_the_projector_has_codes_classes_and_pictures(finished_run, data_dir, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(finished_run, workdir)
    finished = run(
        *("evaluate", f"--workdir={workdir}", f"--data_dir={data_dir}"),
        *("--extractor=none", "--num_codes=100", "--num_samples=16", "--num_projected=120"),
    )
    assert finished.returncode == 0, finished.stderr
    logs = workdir / "logs"
    config = text_format.Parse((logs / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    codes = np.loadtxt(logs / embedding.tensor_path, delimiter="\t")
    header, *rows = (logs / embedding.metadata_path).read_text().splitlines()
    assert header == "class\timage"
    assert len(rows) == len(codes) == 120
    assert {row.partition("\t")[0] for row in rows} == set("0123456789")
    # The pictures are in the order of the codes, row by row, in a square.
    size, _ = embedding.sprite.single_image_dim
    sprite = np.asarray(Image.open(logs / embedding.sprite.image_path))
    assert sprite.shape == (11 * size, 11 * size)
    place = np.divmod(15, 11) * np.array(size)
    picture = sprite[place[0] : place[0] + size, place[1] : place[1] + size]
    z = RunDirectory(finished_run).load_best().encode(scale(picture[np.newaxis, ..., np.newaxis]))
    np.testing.assert_allclose(codes[15], z[0], atol=1e-4)
