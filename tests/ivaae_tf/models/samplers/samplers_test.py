import numpy as np
import pytest

from ivaae_tf.layers.priors import GaussianPrior
from ivaae_tf.models import samplers
from ivaae_tf.program.errors import UserError


@pytest.fixture(scope="module")
def mixture():
    """Returns two components in the plane, of unequal weights."""
    return samplers.GaussianMixture(
        weights=np.array([0.25, 0.75]),
        means=np.array([[-4.0, 0.0], [4.0, 2.0]]),
        covariances=np.array([[[1.0, 0.5], [0.5, 2.0]], [[0.5, 0.0], [0.0, 0.1]]]),
        num_codes=5000,
        epoch=3,
    )


def test_the_mixture_has_the_moments_of_its_components(mixture):
    num_codes = 100_000
    codes = mixture(num_codes, 0).numpy()
    # Five standard errors of a share, and of a mean.
    in_first = codes[:, 0] < 0
    assert abs(in_first.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / num_codes)
    for chosen, mean, covariance in zip(
        (in_first, ~in_first), mixture.means, mixture.covariances, strict=True
    ):
        errors = np.sqrt(np.diag(covariance) / chosen.sum())
        assert (np.abs(codes[chosen].mean(axis=0) - mean) < 5 * errors).all()
        # The standard error of a covariance is at most √(2 · product of the variances / n).
        scale = np.sqrt(2 * np.outer(np.diag(covariance), np.diag(covariance)) / chosen.sum())
        assert (np.abs(np.cov(codes[chosen], rowvar=False) - covariance) < 5 * scale).all()


def test_the_prior_is_standard_normal_and_a_function_of_the_seed():
    prior = samplers.Prior(GaussianPrior(3))
    codes = prior(50_000, 1).numpy()
    assert (np.abs(codes.mean(axis=0)) < 5 / np.sqrt(50_000)).all()
    assert np.abs(np.cov(codes, rowvar=False) - np.eye(3)).max() < 5 * np.sqrt(2 / 50_000)
    np.testing.assert_array_equal(codes, prior(50_000, 1))
    assert (codes != prior(50_000, 2).numpy()).any()


def test_a_fit_finds_the_mixture_and_survives_the_file(mixture, tmp_path):
    codes = mixture(5_000, 0).numpy()
    path = tmp_path / "mixture.npz"
    samplers.GaussianMixture.fit(codes, 2, seed=0, epoch=3).save(path)
    found = samplers.GaussianMixture.load(path, epoch=3, latent_dim=2)
    order = np.argsort(found.means[:, 0])
    np.testing.assert_allclose(found.means[order], mixture.means, atol=0.2)  # 5 s.e. of 1250
    assert found.conditions == {
        "sampler": "gmm",
        "num_components": 2,
        "num_fitted_codes": 5_000,
    }


def test_equal_codes_have_a_mixture_without_a_warning(recwarn):
    for number, num_components in ((30, 10), (1, 1)):
        codes = np.tile([[1.0, -2.0]], (number, 1))
        found = samplers.GaussianMixture.fit(codes, num_components, seed=0, epoch=1)
        np.testing.assert_allclose(found.weights @ found.means, codes[0])
        assert found.num_codes == number
    assert not list(recwarn)


def test_a_mixture_that_cannot_be_had_is_named(mixture, tmp_path):
    path = tmp_path / "mixture.npz"
    with pytest.raises(UserError, match="no mixture"):
        samplers.GaussianMixture.load(path, epoch=3, latent_dim=2)
    mixture.save(path)
    with pytest.raises(UserError, match="after 3 epochs, the checkpoint is of 4"):
        samplers.GaussianMixture.load(path, epoch=4, latent_dim=2)
    with pytest.raises(UserError, match="is of codes of dimension 2, expected 5"):
        samplers.GaussianMixture.load(path, epoch=3, latent_dim=5)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError, match=r"mixture\.npz is damaged"):
        samplers.GaussianMixture.load(path, epoch=3, latent_dim=2)
    with pytest.raises(UserError, match="num_components must be at most the 5 codes; found 10"):
        samplers.GaussianMixture.fit(np.zeros((5, 2)), 10, seed=0, epoch=1)


def test_batches_hold_all_images_and_neighboring_seeds_share_none():
    batches = list(samplers.batch_seeds(0, 250, 100))
    assert [size for size, _ in batches] == [100, 100, 50]
    many = [{seed for _, seed in samplers.batch_seeds(s, 20_000, 100)} for s in (0, 1)]
    assert len(many[0]) == len(many[1]) == 200
    assert not many[0] & many[1]


def test_codes_of_a_model_that_has_diverged_are_named():
    codes = np.ones((9, 2), np.float32)
    codes[3, 1] = np.inf
    with pytest.raises(UserError, match="a code is not finite"):
        samplers.GaussianMixture.fit(codes, 1, seed=0, epoch=1)
