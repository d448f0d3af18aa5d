"""Losses of the encoder against a discriminator of rungs.

Each is a function of the log-probabilities log D_j(T_k(E(x))), rung k first and output j last.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf


def _prior(log_probabilities: tf.Tensor) -> tf.Tensor:
    """Returns −E_{k<t} E_x log D_t(T_k(E(x))), with the label of the prior as target.

    At t = 1 this is −E log D(E(x)), the non-saturating loss of adversarial auto-encoders, which the
    paper states with its Figure 3.
    """
    return -tf.reduce_mean(log_probabilities[:, :, -1])


def _confusion(log_probabilities: tf.Tensor) -> tf.Tensor:
    """Returns the mean over rungs k < t of the cross-entropy with the uniform 1/(t+1)."""
    return -tf.reduce_mean(log_probabilities)


def _reversed(log_probabilities: tf.Tensor) -> tf.Tensor:
    """Returns −E_{k<t} E_x log D_{t−k}(T_k(E(x))), with the labels of the rungs in reverse.

    At t = 1 this is the loss of adversarial auto-encoders, like `_prior`: another exact
    generalization of it.
    """
    return -tf.reduce_mean(of_own_rung(log_probabilities[:, :, :0:-1]))


def _minimax(log_probabilities: tf.Tensor) -> tf.Tensor:
    """Returns E_k E_x log D_k(T_k(E(x))), the negative cross-entropy of D.

    This is the paper's Algorithm 1 as printed, for comparison. It moves a code away from its own
    label, but not towards the prior, and the codes diverge.
    """
    return tf.reduce_mean(of_own_rung(log_probabilities))


def of_own_rung(log_probabilities: tf.Tensor) -> tf.Tensor:
    """Returns log D_k(T_k(z)), shape (m, r) with k last, of r rungs and outputs (r, m, r)."""
    return tf.linalg.diag_part(tf.transpose(log_probabilities, [1, 0, 2]))


@dataclasses.dataclass(frozen=True)
class EncoderObjective:
    """An objective of the encoder, and the rungs that it needs.

    Attributes:
        loss: From log-probabilities (rungs read, m, t+1) to a scalar.
        reads_last_rung: Whether it needs rung t, which does not depend on the encoder; otherwise D
            is evaluated only on the rungs below.
    """

    loss: Callable[[tf.Tensor], tf.Tensor]
    reads_last_rung: bool = False


ENCODER_OBJECTIVES = {
    "prior": EncoderObjective(_prior),
    "confusion": EncoderObjective(_confusion),
    "reversed": EncoderObjective(_reversed),
    "minimax": EncoderObjective(_minimax, reads_last_rung=True),
}
