"""Scores of a set of generated images or codes, each with its conditions."""

from ivaae_tf.layers.priors import GaussianPrior, Prior
from ivaae_tf.metrics.energy_distance import energy_distance
from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.frechet import (
    few_samples_warning,
    frechet_distance,
    frechet_standard_error,
)
from ivaae_tf.metrics.gaussian_statistics import Gaussian, GaussianStatistics
from ivaae_tf.metrics.kernel_distance import kernel_distance
from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from ivaae_tf.metrics.precision_recall import precision_recall
from ivaae_tf.metrics.reference import Reference
from ivaae_tf.metrics.score import Score

_MAX_COMPARED = 3_000  # codes of the energy distance, which compares all pairs


def image_scores(
    extractor: FeatureExtractor, generated: FeatureSummary, reference: Reference, seed: int = 0
) -> list[Score]:
    """Returns the Fréchet distance, kernel distance, precision and recall of images.

    Only the standard network's distances are `fid` and `kid`; other names contain the extractor's.

    Args:
        extractor: Network of the features, with the same weights as for the reference.
        generated: Features of the generated images.
        reference: Features of the data.
        seed: Seed of the kernel distance's subsets.

    Raises:
        ValueError: If the reference was made with another extractor.
    """
    if reference.conditions["extractor_fingerprint"] != extractor.fingerprint:
        raise ValueError(
            f"The reference must be made with this {extractor.name}. "
            f"Received: {reference.conditions['extractor']} with other weights"
        )
    # Conditions of all scores, and of the scores that compare samples of the features.
    shared = {
        **extractor.conditions,
        "num_images": generated.count,
        "num_reference_images": reference.statistics.count,
    }
    counts = {
        "num_features_sampled": len(generated.sample),
        "num_reference_sampled": len(reference.sample),
    }
    warning = few_samples_warning(
        min(generated.count, reference.statistics.count), extractor.num_features
    )

    kernel = kernel_distance(generated.sample, reference.sample, seed=seed)
    subsets = {"num_subsets": kernel.num_subsets, "subset_size": kernel.subset_size}
    shares = precision_recall(real=reference.sample, generated=generated.sample)
    moments = generated.statistics, reference.statistics
    error = frechet_standard_error(generated.sample, *moments)
    name = extractor.name
    kid = "kid" if extractor.comparable_with_published_fid else f"kernel_{name}"
    scores = [
        Score(extractor.frechet_score, frechet_distance(*moments), False, error),
        Score(kid, kernel.value, False, kernel.standard_error, {**counts, **subsets}),
        Score(f"precision_{name}", shares.precision, True, shares.precision_error, counts),
        Score(f"recall_{name}", shares.recall, True, shares.recall_error, counts),
    ]
    if warning:
        scores[0] = scores[0].with_conditions(warning=warning)
    return [score.with_conditions(shared) for score in scores]


def latent_score(codes: FeatureSummary, prior: Prior | None = None) -> Score:
    """Returns the FLD of codes (n, d), and the expected FLD of n codes from the prior.

    Args:
        codes: The codes.
        prior: Their prior; None for N(0, I). For others, the expected FLD is the FLD of n draws.
    """
    latent_dim = codes.statistics.num_features
    prior = prior or GaussianPrior(latent_dim)
    of_prior = Gaussian(*prior.moments())
    warning = few_samples_warning(codes.count, latent_dim)
    return Score(
        "fld",
        frechet_distance(codes.statistics, of_prior),
        higher_is_better=False,
        standard_error=frechet_standard_error(codes.sample, codes.statistics, of_prior),
        conditions={
            "num_codes": codes.count,
            "latent_dim": latent_dim,
            "expected_under_prior": _expected_distance(prior, codes.count),
            **({"warning": warning} if warning else {}),
        },
    )


def _expected_distance(prior: Prior, num_codes: int) -> float:
    if prior.is_standard_normal:
        return expected_frechet_latent_distance(num_codes, prior.latent_dim)
    draws = GaussianStatistics(prior.latent_dim)
    draws.update(prior.draw(num_codes, seed=0).numpy())
    return frechet_distance(draws, Gaussian(*prior.moments()))


def prior_scores(codes: FeatureSummary, prior: Prior) -> list[Score]:
    """Returns the FLD of codes; for a prior with other than Gaussian moments also the distance.

    The energy distance is between at most 3,000 of the codes and as many draws.
    """
    scores = [latent_score(codes, prior)]
    if prior.is_standard_normal:
        return scores
    compared = codes.sample[:_MAX_COMPARED]
    # Pictures and samples have another seed, 0 by default.
    distance = energy_distance(compared, prior.draw(len(compared), seed=1).numpy())
    conditions = {"num_codes": len(compared), "expected_under_prior": distance.floor}
    name = "energy_distance_to_prior"
    return [*scores, Score(name, distance.value, False, distance.standard_error, conditions)]
