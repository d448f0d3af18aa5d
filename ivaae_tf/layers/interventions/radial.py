"""Radial interventions, which rotate codes into noise."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import priors
from ivaae_tf.layers.interventions.base import Intervention


@keras.saving.register_keras_serializable("ivaae_tf")
class RadialIntervention(Intervention):
    """The paper's radial intervention; see `Intervention` for the arguments.

    T_k(z) = z cos(kπ/2t) + n_k sin(kπ/2t) with independent n_k ~ N(0, I). Codes of unit variance
    keep this variance on every rung, because cos² + sin² = 1. Another prior has its own rotation
    into noise; at t = 1 every prior works.

    Example:
        >>> codes = tf.random.stateless_normal([8, 16], seed=[0, 0])
        >>> RadialIntervention(num_bridges=4)(codes).shape
        TensorShape([5, 8, 16])

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    def bridges(self, z: tf.Tensor, prior: priors.Prior | None = None) -> tf.Tensor:
        """Returns T_1(z), …, T_t(z), shape (t, m, d)."""
        prior = prior or self.prior_of(z)
        if self.num_bridges == 1:
            return self.prior_samples(z, 1, prior)
        angles = prior.angles(self.num_bridges)
        cosines, sines = np.cos(angles), np.sin(angles)
        cosines[-1] = 0.0  # cos(π/2) is not 0 in floating point, but rung t must not depend on z.
        cosines, sines = (
            tf.constant(values[:, np.newaxis, np.newaxis], z.dtype) for values in (cosines, sines)
        )
        return prior.rotate(z, cosines, sines, self.noise(z, self.num_bridges))
