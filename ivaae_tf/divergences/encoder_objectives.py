"""What the encoder minimizes against a discriminator of rungs.

Each objective takes the discriminator's log-probabilities log D_j(T_k(E(x))) with rung k first and
output j last, and returns a scalar.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf


def _prior(log_probabilities: tf.Tensor) -> tf.Tensor:
    """−E_{k<t} E_x log D_t(T_k(E(x))): every rung below the last asks for the prior's label.

    At t = 1 this is −E log D(E(x)), the non-saturating loss of adversarial auto-encoders that the
    paper states with its Figure 3.
    """
    return -tf.reduce_mean(log_probabilities[:, :, -1])


def _confusion(log_probabilities: tf.Tensor) -> tf.Tensor:
    """The cross-entropy from the uniform output 1/(t+1), averaged over the rungs below the last."""
    return -tf.reduce_mean(log_probabilities)


def _minimax(log_probabilities: tf.Tensor) -> tf.Tensor:
    """E_k E_x log D_k(T_k(E(x))): the encoder climbs the cross-entropy that D descends.

    This is the paper's Algorithm 1 as it is printed. It pushes a code away from its own label but
    not towards the prior, and the codes run away; it is here to be compared with.
    """
    return tf.reduce_mean(tf.linalg.diag_part(tf.transpose(log_probabilities, [1, 0, 2])))


@dataclasses.dataclass(frozen=True)
class EncoderObjective:
    """An objective, and the rungs that it reads.

    Attributes:
        loss: From log-probabilities (rungs read, m, t+1) to a scalar.
        reads_last_rung: Whether it reads rung t, which does not depend on the encoder; otherwise it
            takes the rungs below, and D need not be asked for the last one.
    """

    loss: Callable[[tf.Tensor], tf.Tensor]
    reads_last_rung: bool = False


ENCODER_OBJECTIVES = {
    "prior": EncoderObjective(_prior),
    "confusion": EncoderObjective(_confusion),
    "minimax": EncoderObjective(_minimax, reads_last_rung=True),
}
