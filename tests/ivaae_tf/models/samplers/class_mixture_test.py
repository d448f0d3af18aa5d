import numpy as np
import pytest

from ivaae_tf.models.samplers import ClassMixture, GaussianMixture
from ivaae_tf.program.errors import UserError

NAMES = ("cat", "dog", "fox")
RANDOM = np.random.default_rng(0)
LABELS = np.repeat([0, 2, -1], [300, 100, 50])  # no dog; −1: without a label
CENTERS = np.array([[-9.0, 0.0], [0.0, 9.0], [9.0, 0.0], [50.0, 50.0]])
CODES = CENTERS[LABELS] + RANDOM.normal(size=(450, 2))


@pytest.fixture(scope="module")
def mixture():
    return ClassMixture.fit_classes(CODES, LABELS, NAMES, 2, seed=0, epoch=3)


def test_each_class_has_the_mixture_of_its_own_codes(mixture):
    assert mixture.class_names == ("cat", "fox")
    for index, label in enumerate((0, 2)):
        alone = GaussianMixture.fit(CODES[label == LABELS], 2, seed=0, epoch=3)
        of_class = mixture.classes == index
        np.testing.assert_array_equal(mixture.means[of_class], alone.means)
        weights = mixture.weights[of_class]
        np.testing.assert_allclose(weights / weights.sum(), alone.weights)
    assert mixture.conditions["num_components"] == 2
    assert mixture.num_codes == 400


def test_samples_are_of_their_class_and_classes_have_their_shares(mixture):
    for index, label in ((0, 0), (1, 2)):
        codes = mixture.of_class(index)(2_000, seed=1).numpy()
        assert np.linalg.norm(codes - CENTERS[label], axis=1).max() < 7  # 7 standard deviations
    is_cat = mixture(4_000, seed=1).numpy()[:, 0] < 0
    assert abs(is_cat.mean() - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 4_000)


def test_a_class_of_few_codes_has_fewer_components():
    labels = np.array([0] * 10 + [1])
    found = ClassMixture.fit_classes(CODES[:11], labels, NAMES, 4, seed=0, epoch=3)
    assert np.bincount(found.classes).tolist() == [4, 1]


def test_labels_are_names_or_numbers_in_words(mixture):
    assert mixture.of_label("fox")(1, 0).shape == (1, 2)
    with pytest.raises(UserError, match="label must be one of cat, fox; found dog"):
        mixture.of_label("dog")
    with pytest.raises(UserError, match="label must be none with sampler gmm; found 7"):
        GaussianMixture.fit(CODES, 1, seed=0, epoch=3).of_label(7)
    with pytest.raises(UserError, match="none of the encoded images has a label"):
        ClassMixture.fit_classes(CODES, np.full(450, -1), NAMES, 1, seed=0, epoch=3)


def test_the_file_has_the_classes(mixture, tmp_path):
    path = tmp_path / "class_mixture.npz"
    mixture.save(path)
    found = ClassMixture.load(path, epoch=3, latent_dim=2)
    assert found.class_names == mixture.class_names
    np.testing.assert_array_equal(found.of_class(1)(9, seed=4), mixture.of_class(1)(9, seed=4))
    with pytest.raises(UserError, match=r"class_mixture\.npz was fitted after 3 epochs"):
        ClassMixture.load(path, epoch=4, latent_dim=2)
    with pytest.raises(UserError, match="ivaae evaluate --sampler=class_gmm"):
        ClassMixture.load(tmp_path / "other.npz", epoch=3, latent_dim=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ("cat",)}, "has 1 names and the classes"),
        ({"class_names": ("cat", "cat")}, "2 names and the classes"),
        ({"classes": np.zeros(3, int)}, "its components lack a class"),
    ],
)
def test_classes_that_contradict_the_names_are_one_line(mixture, change, message, tmp_path):
    changed = ClassMixture(**mixture.arguments())
    for name, value in change.items():
        setattr(changed, name, value)
    changed.save(tmp_path / "x.npz")
    with pytest.raises(UserError, match=message):
        ClassMixture.load(tmp_path / "x.npz", epoch=3, latent_dim=2)
