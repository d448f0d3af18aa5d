import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from ivaae_tf import samplers
from pipelines.command_line import UserError


@pytest.fixture(scope="module")
def mixture():
    """Two components in the plane, of unequal weight."""
    mixture = GaussianMixture(2)
    mixture.weights_ = np.array([0.25, 0.75])
    mixture.means_ = np.array([[-4.0, 0.0], [4.0, 2.0]])
    mixture.covariances_ = np.array([[[1.0, 0.5], [0.5, 2.0]], [[0.5, 0.0], [0.0, 0.1]]])
    return mixture


def test_the_mixture_has_the_moments_of_its_components(mixture):
    num_codes = 100_000
    codes = samplers.gaussian_mixture(mixture)(num_codes, 0).numpy()
    # Five standard errors of a share, and of a mean.
    in_first = codes[:, 0] < 0
    assert abs(in_first.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / num_codes)
    for chosen, mean, covariance in zip(
        (in_first, ~in_first), mixture.means_, mixture.covariances_, strict=True
    ):
        errors = np.sqrt(np.diag(covariance) / chosen.sum())
        assert (np.abs(codes[chosen].mean(axis=0) - mean) < 5 * errors).all()
        # The standard error of a covariance is below its variances' product's root over √n.
        scale = np.sqrt(2 * np.outer(np.diag(covariance), np.diag(covariance)) / chosen.sum())
        assert (np.abs(np.cov(codes[chosen], rowvar=False) - covariance) < 5 * scale).all()


def test_the_prior_is_standard_normal_and_a_function_of_the_seed():
    prior = samplers.prior(3)
    codes = prior(50_000, 1).numpy()
    assert (np.abs(codes.mean(axis=0)) < 5 / np.sqrt(50_000)).all()
    assert np.abs(np.cov(codes, rowvar=False) - np.eye(3)).max() < 5 * np.sqrt(2 / 50_000)
    np.testing.assert_array_equal(codes, prior(50_000, 1))
    assert (codes != prior(50_000, 2).numpy()).any()


def test_a_fit_finds_the_mixture_and_survives_the_file(mixture, tmp_path):
    codes = samplers.gaussian_mixture(mixture)(5_000, 0).numpy()
    path = tmp_path / "mixture.npz"
    samplers.save_gaussian_mixture(path, samplers.fit_gaussian_mixture(codes, 2, 0), step=3)
    found = samplers.load_gaussian_mixture(path, step=3)
    order = np.argsort(found.means_[:, 0])
    np.testing.assert_allclose(found.means_[order], mixture.means_, atol=0.2)  # 5 s.e. of 1250

    with pytest.raises(UserError, match="after 3 epochs, the checkpoint is of 4"):
        samplers.load_gaussian_mixture(path, step=4)
    with pytest.raises(UserError, match="no mixture"):
        samplers.load_gaussian_mixture(tmp_path / "none.npz", step=3)


def test_batches_hold_all_images_and_neighbouring_seeds_share_none():
    batches = list(samplers.batch_seeds(0, 250, 100))
    assert [size for size, _ in batches] == [100, 100, 50]
    many = [{seed for _, seed in samplers.batch_seeds(s, 20_000, 100)} for s in (0, 1)]
    assert len(many[0]) == len(many[1]) == 200
    assert not many[0] & many[1]
