"""Scores of images and codes: the right numbers, under the right names and conditions."""

import numpy as np
import pytest

from ivaae_tf.layers.priors import GaussianPrior, default_mixture
from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.frechet import frechet_distance
from ivaae_tf.metrics.kernel_distance import kernel_distance
from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from ivaae_tf.metrics.precision_recall import precision_recall
from ivaae_tf.metrics.reference import Reference
from ivaae_tf.metrics.sample_scores import image_scores, latent_score, prior_scores


class _Extractor(FeatureExtractor):
    resize = "none"

    def __init__(self, name, num_features, standard):
        self.name, self.num_features, self.fingerprint = name, num_features, f"{name}-1"
        self.comparable_with_published_fid = standard

    def _features(self, images):
        raise NotImplementedError


def _summary(count, dim, shift=0.0):
    summary = FeatureSummary(dim, max_sample=200)
    summary.update(np.random.default_rng(count).normal(shift, 1, (count, dim)))
    return summary


def _reference(summary, extractor):
    fingerprint = {"extractor": extractor.name, "extractor_fingerprint": extractor.fingerprint}
    return Reference(summary.statistics, summary.sample, fingerprint)


def test_image_scores_are_the_library_s_own_with_their_conditions():
    extractor = _Extractor("classifier", 4, standard=False)
    generated, data = _summary(300, 4, 0.5), _summary(250, 4)
    scores = image_scores(extractor, generated, _reference(data, extractor))
    by_name = {score.name: score for score in scores}
    assert list(by_name) == [
        "frechet_classifier",
        "kernel_classifier",
        "precision_classifier",
        "recall_classifier",
    ]
    shares = precision_recall(data.sample, generated.sample)
    assert by_name["precision_classifier"].value == shares.precision
    assert by_name["recall_classifier"].value == shares.recall
    distance = by_name["frechet_classifier"]
    assert distance.value == frechet_distance(generated.statistics, data.statistics)
    assert distance.conditions == {
        "extractor": "classifier",
        "comparable_with_published_fid": False,
        "extractor_fingerprint": "classifier-1",
        "resize": "none",
        "num_images": 300,
        "num_reference_images": 250,
    }
    # Features N(.5, I) and N(0, I): the distance is 4 · .25 plus a bias of about d²/4 (1/n + 1/m).
    assert abs(distance.value - 1.0) < 4 * distance.standard_error
    kernel = by_name["kernel_classifier"]
    assert kernel.value == kernel_distance(generated.sample, data.sample).value
    assert kernel.conditions["num_features_sampled"] == 200
    assert kernel.conditions["subset_size"] == 100


def test_only_the_standard_network_gives_fid_and_few_samples_are_said():
    extractor = _Extractor("inception2015", 50, standard=True)
    reference = _reference(_summary(60, 50), extractor)
    scores = image_scores(extractor, _summary(20, 50), reference)
    assert [score.name for score in scores] == [
        "fid",
        "kid",
        "precision_inception2015",
        "recall_inception2015",
    ]
    assert "20 samples of 50 features" in scores[0].conditions["warning"]
    assert all("warning" not in score.conditions for score in scores[1:])


def test_a_reference_of_other_weights_is_refused():
    extractor = _Extractor("classifier", 4, standard=False)
    reference = _reference(_summary(20, 4), extractor)
    extractor.fingerprint = "classifier-2"
    with pytest.raises(ValueError, match="other weights"):
        image_scores(extractor, _summary(20, 4), reference)


def test_perfect_codes_stand_at_the_floor_that_is_told_with_them():
    score = latent_score(_summary(2000, 16))
    floor = expected_frechet_latent_distance(2000, 16)
    assert score.conditions == {
        "num_codes": 2000,
        "latent_dim": 16,
        "expected_under_prior": floor,
    }
    assert abs(score.value - floor) < 4 * score.standard_error


def test_other_priors_have_their_moments_and_a_distance_that_sees_modes():
    """Draws score about their floors; a Gaussian with the same moments has FLD near 0 alone."""
    prior = default_mixture(2, 10)
    draws, gaussian = (FeatureSummary(2) for _ in range(2))
    draws.update(prior.draw(2000, seed=5).numpy())
    gaussian.update(np.random.default_rng(0).multivariate_normal(*prior.moments(), 2000))
    for codes, factor in ((draws, 1), (gaussian, 4)):
        fld, energy = prior_scores(codes, prior)
        assert (fld.name, energy.name) == ("fld", "energy_distance_to_prior")
        assert abs(fld.value - fld.conditions["expected_under_prior"]) < 4 * fld.standard_error
        floor = energy.conditions["expected_under_prior"]
        assert factor * floor < energy.value < 3 * factor * floor
        assert energy.conditions["num_codes"] == 2000
    assert [score.name for score in prior_scores(draws, GaussianPrior(2))] == ["fld"]


def test_diverged_codes_score_nan_without_an_error():
    codes = FeatureSummary(3)
    codes.update(np.full((10, 3), np.nan))
    assert np.isnan(latent_score(codes).value)
    extractor = _Extractor("classifier", 3, standard=False)
    scores = image_scores(extractor, codes, _reference(_summary(20, 3), extractor))
    assert np.isnan([score.value for score in scores]).all()
