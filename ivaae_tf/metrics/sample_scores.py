"""Scores of a set of generated images or codes, each with its conditions."""

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.frechet import (
    few_samples_warning,
    frechet_distance,
    frechet_standard_error,
)
from ivaae_tf.metrics.gaussian_statistics import standard_normal
from ivaae_tf.metrics.kernel_distance import kernel_distance
from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from ivaae_tf.metrics.precision_recall import precision_recall
from ivaae_tf.metrics.reference import Reference
from ivaae_tf.metrics.score import Score


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


def latent_score(codes: FeatureSummary) -> Score:
    """Returns the FLD of codes (n, d), and the expected FLD of n codes from the prior."""
    latent_dim = codes.statistics.num_features
    prior = standard_normal(latent_dim)
    warning = few_samples_warning(codes.count, latent_dim)
    return Score(
        "fld",
        frechet_distance(codes.statistics, prior),
        higher_is_better=False,
        standard_error=frechet_standard_error(codes.sample, codes.statistics, prior),
        conditions={
            "num_codes": codes.count,
            "latent_dim": latent_dim,
            "expected_under_prior": expected_frechet_latent_distance(codes.count, latent_dim),
            **({"warning": warning} if warning else {}),
        },
    )
