"""Each objective of the encoder against its formula in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.models.networks import fully_connected
from tests.ivaae_tf.layers.divergences.tabled import mean_over, tabled


@pytest.mark.parametrize("t", [1, 2, 4])
@pytest.mark.parametrize("objective", ["prior", "confusion", "reversed", "minimax"])
def test_encoder_objectives(t, objective):
    """Checks −E log D_t, −E log D_{t−k}, the cross-entropy to uniform (k < t), and E log D_k."""
    rungs, divergence, log_d = tabled(t + 1, 7, encoder_objective=objective)
    expected = {
        "prior": -mean_over(log_d, range(t), lambda k: [t]),
        "confusion": -mean_over(log_d, range(t), lambda k: range(t + 1)),
        "reversed": -mean_over(log_d, range(t), lambda k: [t - k]),
        "minimax": mean_over(log_d, range(t + 1), lambda k: [k]),
    }[objective]
    np.testing.assert_allclose(divergence(rungs), expected, rtol=1e-6)


@pytest.mark.parametrize(("objective", "num_rungs"), [("prior", 4), ("minimax", 5)])
def test_d_is_asked_for_the_rungs_that_the_objective_reads(objective, num_rungs):
    rows = []
    codes = keras.Input((2,))
    logits = keras.layers.Lambda(lambda z: (rows.append(z.shape[0]), z @ tf.ones((2, 5)))[1])
    discriminator = keras.Model(codes, logits(codes))
    rows.clear()
    AdversarialDivergence(discriminator, objective)(tf.zeros((5, 7, 2)))
    assert rows[-1] == 7 * num_rungs


def test_an_unknown_objective_is_refused():
    with pytest.raises(
        ValueError, match=r"one of prior, confusion, reversed, minimax\. Received: 'maximin'"
    ):
        AdversarialDivergence(fully_connected.discriminator(2, 2, 0.01), "maximin")
