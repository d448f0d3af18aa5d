"""The evaluator in this process, with a network of two features."""

import numpy as np
import pytest

from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.layers.priors import GaussianPrior
from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.image_quality import image_sharpness
from ivaae_tf.models import samplers
from ivaae_tf.program.atomic_files import MARK
from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches
from tests.small_models import small_model
from tests.tfds_records import noise, open_small

LATENT_DIM = 4


class _Moments(FeatureExtractor):
    """The mean of each image and its square."""

    name, num_features, resize = "moments", 2, "none"
    comparable_with_published_fid, fingerprint = False, "0123"

    def _features(self, images):
        mean = images.mean(axis=(1, 2, 3)) / 255
        return np.stack([mean, mean**2], axis=1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_small(str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def splits_read(monkeypatch):
    """The splits that are read, in order."""
    read = []
    batches = evaluation_batches

    def recorded(dataset, split, **options):
        read.append(split)
        return batches(dataset, split, **options)

    monkeypatch.setattr("ivaae_tf.evaluation.batches.evaluation_batches", recorded)
    return read


@pytest.fixture(scope="module")
def model():
    return small_model()  # of 4×4 pixels


def scores_of(evaluator, model, epoch=3):
    prior = samplers.Prior(GaussianPrior(LATENT_DIM))
    return [score for group in evaluator.scores(model, [prior], epoch) for score in group]


def test_each_image_is_read_once_and_what_is_of_the_data_is_kept(
    dataset, model, splits_read, tmp_path
):
    evaluator = Evaluator(dataset, 4, _Moments(), tmp_path, num_samples=20, num_codes=50)
    first = scores_of(evaluator, model)
    # The codes; reconstructions and the data's sharpness; the reference.
    assert splits_read == ["train", "validation", "train"]
    splits_read.clear()
    assert scores_of(evaluator, model) == first
    assert splits_read == ["train", "validation"]


def test_the_sharpness_of_the_data_is_that_of_the_validation_images(dataset, model, tmp_path):
    evaluator = Evaluator(dataset, 4, None, tmp_path, num_samples=8)
    (score,) = [s for s in scores_of(evaluator, model) if s.conditions.get("of") == "data"]
    batches = evaluation_batches(dataset, "validation", image_size=4, batch_size=50)
    expected = image_sharpness(np.concatenate(list(batches.as_numpy_iterator())))
    assert score.value == pytest.approx(expected.mean())
    assert score.conditions["num_images"] == 37


def test_the_sharpness_of_reconstructions_is_beside_that_of_samples(dataset, model, tmp_path):
    evaluator = Evaluator(dataset, 4, None, tmp_path, num_samples=8)
    sharpness = [score for score in scores_of(evaluator, model) if score.name == "sharpness"]
    found = {score.conditions["of"]: score for score in sharpness}
    assert set(found) == {"data", "reconstructions", "samples"}
    batches = evaluation_batches(dataset, "validation", image_size=4, batch_size=50)
    x = np.concatenate(list(batches.as_numpy_iterator()))
    expected = image_sharpness(model(x, training=False).numpy())
    assert found["reconstructions"].value == pytest.approx(expected.mean(), rel=1e-5)
    assert found["reconstructions"].conditions["num_images"] == 37


def test_scores_carry_their_conditions(dataset, model, tmp_path):
    evaluator = Evaluator(dataset, 4, _Moments(), tmp_path, num_samples=20, num_codes=50, seed=5)
    scores = {score.name: score for score in scores_of(evaluator, model)}
    assert {score.epoch for score in scores.values()} == {3}
    for score in scores.values():
        assert score.conditions["data"] == dataset.fingerprint
        assert (score.conditions["image_size"], score.conditions["crop"]) == (4, None)
    assert scores["fld"].conditions["num_codes"] == 50
    assert scores["reconstruction_sse"].conditions["num_images"] == 37
    conditions = scores["frechet_moments"].conditions
    assert (conditions["num_images"], conditions["num_reference_images"]) == (20, 120)
    assert (conditions["sampler"], conditions["seed"]) == ("prior", 5)


@pytest.mark.parametrize(
    ("extractor", "is_standard", "name"),
    [(None, False, "fld"), (_Moments, False, "frechet_moments"), (_Moments, True, "fid")],
)
def test_the_best_checkpoint_has_the_lowest_of_one_score(
    extractor, is_standard, name, dataset, tmp_path
):
    network = None if extractor is None else extractor()
    if is_standard:
        network.comparable_with_published_fid = True
    assert Evaluator(dataset, 4, network, tmp_path).selection_score == name


def test_codes_that_are_known_are_not_computed_again(dataset, model, splits_read, tmp_path):
    evaluator = Evaluator(dataset, 4, None, tmp_path, num_samples=8)
    codes = np.random.default_rng(0).normal(size=(500, LATENT_DIM))
    prior = samplers.Prior(GaussianPrior(LATENT_DIM))
    (latent, *_), *_ = evaluator.scores(model, [prior], 1, codes=[codes[:200], codes[200:]])
    assert latent.conditions["num_codes"] == 500
    assert splits_read == ["validation"]


def make(dataset, data_dir, extractor):
    return make_evaluator(
        dataset,
        16,
        extractor=extractor,
        inception_graph=None,
        data_dir=str(data_dir),
        num_samples=4,
        num_codes=4,
    )


def test_what_a_killed_process_left_among_the_caches_is_removed(dataset, tmp_path):
    (tmp_path / "evaluation" / f"{MARK}killed").mkdir(parents=True)
    make(dataset, tmp_path, "none")
    assert not list((tmp_path / "evaluation").iterdir())


@pytest.mark.parametrize(
    ("num_images", "num_classes", "message"),
    [(20, 1, "at least 2 classes, but array has one class"), (4, 2, "at least 4 training images")],
)
def test_without_classes_or_images_to_compare_there_is_no_classifier(
    tmp_path, num_images, num_classes, message
):
    labels = np.arange(num_images) % num_classes
    np.savez(tmp_path / "x.npz", images=noise(num_images, 16, 16, 3), labels=labels)
    few = datasets.open_dataset(
        "array", array=str(tmp_path / "x.npz"), data_dir=str(tmp_path / "data")
    )
    assert make(few, tmp_path, "auto").extractor is None
    with pytest.raises(UserError, match=message):
        make(few, tmp_path, "classifier")


@pytest.mark.usefixtures("short_classifier_training")
def test_images_without_a_label_do_not_train_the_classifier(tmp_path):
    labels = np.tile([-1, 0, 1, 1], 10)
    images = noise(40, 16, 16, 1) // 4 + 96 * (labels[:, None, None, None] == 1).astype(np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=labels)
    partly = datasets.open_dataset(
        "array", array=str(tmp_path / "x.npz"), data_dir=str(tmp_path / "data")
    )
    assert make(partly, tmp_path, "auto").extractor.test_accuracy == 1
