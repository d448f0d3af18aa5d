"""What the encoder minimises against a discriminator of rungs.

Each objective takes the discriminator's log-probabilities log D_j(T_k(E(x))), shape (t+1, m, t+1)
with rung k first and output j last, and returns a scalar.
"""

from collections.abc import Callable

import tensorflow as tf

EncoderObjective = Callable[[tf.Tensor], tf.Tensor]


def prior(log_probabilities: tf.Tensor) -> tf.Tensor:
    """−E_{k<t} E_x log D_t(T_k(E(x))): every rung below the last asks for the prior's label.

    At t = 1 this is −E log D(E(x)), the non-saturating loss of adversarial auto-encoders that the
    paper states with its Figure 3.
    """
    return -tf.reduce_mean(log_probabilities[:-1, :, -1])


def confusion(log_probabilities: tf.Tensor) -> tf.Tensor:
    """The cross-entropy from the uniform output 1/(t+1), averaged over the rungs below the last."""
    return -tf.reduce_mean(log_probabilities[:-1])


def minimax(log_probabilities: tf.Tensor) -> tf.Tensor:
    """E_k E_x log D_k(T_k(E(x))): the encoder climbs the cross-entropy that D descends.

    This is the paper's Algorithm 1 as it is printed. It pushes a code away from its own label but
    not towards the prior, and the codes run away; it is here to be compared with.
    """
    return tf.reduce_mean(tf.linalg.diag_part(tf.transpose(log_probabilities, [1, 0, 2])))


ENCODER_OBJECTIVES: dict[str, EncoderObjective] = {
    "prior": prior,
    "confusion": confusion,
    "minimax": minimax,
}
