"""The facts for the page, against NumPy."""

import numpy as np
import pytest

from ivaae_tf.export.explorer import latent_space
from ivaae_tf.models.build import make_model
from ivaae_tf.models.samplers import Prior
from tests.written_runs import record_of

RANDOM = np.random.default_rng(0)


def describe(codes, **settings):
    record = record_of(width=0.05, image_size=16, **settings)
    model = make_model(record.settings, (16, 16, 1))
    return latent_space.describe(record, model, Prior(model.prior), codes, [])


def test_directions_are_the_eigenvectors_of_the_covariance():
    codes = RANDOM.normal(size=(400, 16)) @ RANDOM.normal(size=(16, 16)) + 1
    facts = describe(codes)
    variances, vectors = np.linalg.eigh(np.cov(codes, rowvar=False))
    order = np.argsort(-variances)[:8]
    found = facts["directions"]
    np.testing.assert_allclose(
        [each["deviation"] for each in found], np.sqrt(variances[order]), rtol=1e-5
    )
    np.testing.assert_allclose(
        [each["share"] for each in found], variances[order] / variances.sum(), rtol=1e-5
    )
    found_vectors = np.array([each["vector"] for each in found])
    cosines = np.sum(found_vectors * vectors[:, order].T, axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-5)
    np.testing.assert_allclose(facts["mean"], codes.mean(axis=0), rtol=1e-5)


def test_few_codes_have_few_directions():
    assert len(describe(RANDOM.normal(size=(3, 16)))["directions"]) == 3


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("ivaae_blockwise", {"name": "blockwise", "num_bridges": 4, "block_order": "fixed"}),
        ("wae_mmd", {"name": "blockwise", "num_bridges": 1, "block_order": "fixed"}),
        (
            "ivaae_svgd",
            {
                "name": "svgd",
                "num_bridges": 4,
                "bandwidth_scale": 100.0,
                "step_size": 1.0,
                "noise_scale": 0.1,
                "updates_per_rung": 2,
            },
        ),
    ],
)
def test_the_intervention_has_all_its_options(method, expected):
    facts = describe(RANDOM.normal(size=(100, 16)), method=method)
    assert facts["intervention"] == expected
    assert len(facts["companions"]) == (63 if method == "ivaae_svgd" else 0)
