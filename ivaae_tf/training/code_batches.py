"""Batches of codes, for training a second stage."""

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from ivaae_tf.models.autoencoder import InterventionAutoencoder


def encode_all(model: InterventionAutoencoder, batches: Iterable[tf.Tensor]) -> tf.Tensor:
    """Returns the parameters of q(z|x) of all images, shape (n, num_parameters(d))."""

    @tf.function(reduce_retracing=True, autograph=False)
    def encode(images):
        return model.encoder(images, training=False)

    return tf.concat([encode(images) for images in batches], axis=0)


@tf.autograph.experimental.do_not_convert
def training_codes(
    draw: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    q: tf.Tensor,
    batch_size: int,
    seed: int,
    first_epoch: int,
    first_batch: int = 0,
) -> tf.data.Dataset:
    """Yields batches (batch_size, d), epoch after epoch, without end.

    Each epoch has all images in another order, with new samples of their codes. Both depend only on
    the seed and the epoch, so a resumed training continues with the right batches.

    Args:
        draw: Returns codes (m, d) from parameters of q(z|x), shape (m, num_parameters(d)), and a
            seed, integers (2,).
        q: Parameters of q(z|x) of n images.
        batch_size: Codes in a batch, at most n; the remainder of an epoch is skipped.
        seed: A non-negative integer.
        first_epoch: The number of the first epoch.
        first_batch: The number of the first batch in that epoch.
    """
    steps_per_epoch = len(q) // batch_size
    order_seed, noise_seed = np.random.SeedSequence(seed).generate_state(2).astype(np.int64)

    def numbered_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(q)), tf.stack([order_seed, epoch])
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=True)
        return batches.enumerate(epoch * steps_per_epoch)

    def draw_rows(step: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        return draw(tf.gather(q, rows), tf.stack([noise_seed, step]))

    epochs = tf.data.Dataset.counter(first_epoch)
    rows = epochs.flat_map(numbered_rows).skip(first_batch)
    return rows.map(draw_rows, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
