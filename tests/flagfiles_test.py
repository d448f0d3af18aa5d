"""Every flagfile parses, contains its command, builds its model and trains a step."""

import functools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import flagsaver
from PIL import Image

from ivaae_tf import methods
from ivaae_tf.commands import train
from ivaae_tf.layers.labels import ComponentLabels, Labels
from ivaae_tf.models.build import make_model
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.program import flagfiles
from ivaae_tf.program.image_sizes import sides
from ivaae_tf.settings import Settings
from pipelines import datasets
from pipelines.batches import training_batches
from results import choice
from results.averages.__main__ import Averages
from results.conditional.__main__ import Conditional
from results.rates.__main__ import Rates
from results.trade_off.__main__ import TradeOff
from tests.tfds_records import write_records

IMAGE_SHAPES = {"mnist": (28, 28, 1), "celeb_a": (218, 178, 3), "cifar10": (32, 32, 3)}
FLAGFILES = sorted(
    path.stem for path in flagfiles.FOLDER.glob("*.flags") if path.stem not in IMAGE_SHAPES
)
LARGEST_BATCH = 128
train.COMMAND.declare()

# The flagfiles of the recommended methods, in the order of `choice.WISHES`.
BEST = ("best_prior_samples", "best_samples", "best_codes", "best_reconstruction")
CATEGORIES = ("mnist_semi_100", "mnist_semi_1000", "mnist_clusters_30")
PRIORS = ("mixture_prior", "mnist_prior_by_label")
PHOTOS = ("photos", "photos_residual")
OURS = ("demo", *PHOTOS, *PRIORS, *CATEGORIES, *BEST, "mnist_conditional")  # not the paper's


@pytest.fixture
def parse():
    """Parses a flagfile and more flags, as the training main does."""

    def parse(name, *more):
        arguments = flagfiles.expand([f"--flagfile={name}", "--workdir=w", *more])
        train.FLAGS(["train", *arguments])
        return Settings.from_flags(train.FLAGS.flag_values_dict())

    with flagsaver.flagsaver():
        yield parse


@pytest.fixture(scope="module")
def open_fake(tmp_path_factory):
    """Opens noise images in the real data set's format."""
    data_dir = str(tmp_path_factory.mktemp("data"))

    @functools.cache
    def open_fake(name):
        if name in IMAGE_SHAPES:
            builder = tfds.builder(name, data_dir=data_dir)
            size = (LARGEST_BATCH, *IMAGE_SHAPES[name])
            noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
            examples = [{"image": pixels} for pixels in noise]
            splits = {"train": examples, "validation": examples[:2], "test": examples[:2]}
            features = {"image": builder.info.features["image"]}
            write_records(name, str(builder.version), features, splits, data_dir)
        photos = None
        if name == "folder":
            photos = str(tmp_path_factory.mktemp("photos"))
            for index in range(115):
                pixels = np.random.default_rng(index).integers(0, 256, (9, 12, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(f"{photos}/{index}.png")
        return datasets.open_dataset(name, data_dir=data_dir, image_folder=photos)

    return open_fake


@pytest.fixture(scope="module")
def first_batch(open_fake):
    """Returns the first batch of a data set; flagfiles share it."""

    @functools.cache
    def first_batch(name, image_size, batch_size):
        dataset = open_fake(name)
        batches = training_batches(dataset, image_size=image_size, batch_size=batch_size, seed=0)
        return next(iter(batches))

    return first_batch


def test_there_is_one_for_each_method_and_data_set():
    without_svgd = set(methods.METHODS) - {"ivaae_svgd"}
    cells = {f"mnist_{method}" for method in methods.METHODS}
    cells |= {f"{data}_{method}" for data in ("celeb_a", "cifar10") for method in without_svgd}
    assert set(FLAGFILES) == cells | set(OURS)


def test_a_later_schedule_replaces_a_flagfiles(parse):
    later = ("--lr_decay_epochs=3", "--lr_decay_factors=0.3")
    settings = parse("celeb_a_ivaae_radial", *later)
    assert (settings.lr_decay_epochs, settings.lr_decay_factors) == ((3,), (0.3,))


def test_an_empty_schedule_clears_a_flagfiles(parse):
    settings = parse("celeb_a_ivaae_radial", "--lr_decay_epochs=", "--lr_decay_factors=")
    assert (settings.lr_decay_epochs, settings.lr_decay_factors) == ((), ())


def test_the_best_flagfiles_have_the_settings_of_the_recommended_runs():
    """The table on docs/how-to/choose-a-method.md has the same."""
    records = TradeOff().records(), Rates().records(), Averages().records()
    cells = choice.cells_of(*records)
    for name, wish in zip(BEST, choice.WISHES, strict=True):
        _assert_settings_of(cells[choice.ranked(cells, wish)[0]][0].run, name)


def test_the_conditional_flagfile_has_the_settings_of_its_study():
    _assert_settings_of(Conditional().runs()[0], "mnist_conditional")


def _assert_settings_of(run, name):
    """Checks that a run was trained with the settings of a flagfile."""
    _, *arguments = run.commands[0]
    expanded = (each.partition("=") for each in flagfiles.expand(arguments))
    texts = {flag.removeprefix("--"): text or "true" for flag, _, text in expanded}
    found = flagfiles.read(name)
    assert Settings.from_text(found) == Settings.from_text(texts), name
    assert found["epochs"] == texts["epochs"]


@pytest.mark.parametrize("name", FLAGFILES)
def test_settings_are_read_without_absl_as_with_it(name, parse):
    texts = flagfiles.read(name)
    assert Settings.from_text(texts) == parse(name)
    assert int(texts["epochs"]) == train.FLAGS.epochs


@pytest.mark.parametrize("name", FLAGFILES)
def test_flagfile(name, parse, open_fake, first_batch):
    text = (flagfiles.FOLDER / f"{name}.flags").read_text()
    place = " --image_folder=my_photos" if name.startswith("photos") else ""
    command = f"ivaae train --flagfile={name}{place} --workdir=runs/{name}"
    assert command in text
    assert name in OURS or "The paper" in text

    settings = parse(name, "--width=0.02")  # The full width is too slow here.
    assert name in (*OURS, f"{settings.dataset}_{settings.method}")
    dataset = open_fake(settings.dataset)
    shape = (*sides(settings.image_size), dataset.channels)
    names = [str(digit) for digit in range(10)]
    kind = ComponentLabels if settings.prior_by_label else Labels
    labels = kind(names) if settings.batches_have_labels else None
    model = make_model(settings, shape, labels=labels)
    model.compile(**make_optimizers(settings, steps_per_epoch=100))
    batch = first_batch(settings.dataset, settings.image_size, settings.batch_size)
    assert batch.shape == (settings.batch_size, *shape)
    batch = batch[:8]  # Of all images, the step would take twice as long.
    if settings.learns_labels:  # The noise has none.
        labels = np.arange(len(batch)) % settings.num_categories
        batch = {"images": batch, "labeled_images": batch, "labels": labels}
    if settings.batches_have_labels:
        batch = batch, tf.range(len(batch))
    logs = model.train_step(batch)
    assert all(np.isfinite(value) for value in logs.values())
    assert model.steps_trained == 1
