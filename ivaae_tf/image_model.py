"""Models that generate images: sampling, logs, and epochs of exact length."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import keras
import tensorflow as tf

from ivaae_tf import executions
from ivaae_tf.averages import Averages
from ivaae_tf.distribute import replicas
from ivaae_tf.executions import EvaluationExecutions, TrainingExecutions
from ivaae_tf.interpolation import spherical_interpolation


class ImageModel(keras.Model):
    """A model whose decoder turns codes (m, d) to images (m, height, width, channels) in [−1, 1].

    A subclass sets `decoder`, and calls `track_averages` with the names of its logs.
    """

    decoder: keras.Model
    has_encoder = False
    has_chain = False  # of rungs from the codes to the prior

    @property
    def latent_dim(self) -> int:
        """d, the dimension of a code."""
        return self.decoder.input_shape[-1]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return tuple(self.decoder.output_shape[1:])

    def fit(self, *args, steps_per_epoch: int | None = None, **kwargs):
        """Trains like `keras.Model.fit`, exactly `steps_per_epoch` steps an epoch."""
        if steps_per_epoch is None or self.steps_per_execution == 1:
            return super().fit(*args, steps_per_epoch=steps_per_epoch, **kwargs)
        run_steps = TrainingExecutions(self)
        num_steps = itertools.cycle(executions.sizes(steps_per_epoch, self.steps_per_execution))

        def train_function(iterator: Iterator) -> dict[str, tf.Tensor]:
            return {name: each[-1] for name, each in run_steps(iterator, next(num_steps)).items()}

        self.train_function: Callable | None = train_function
        self.test_function: Callable | None = EvaluationExecutions(self)
        try:
            return super().fit(*args, steps_per_epoch=steps_per_epoch, **kwargs)
        finally:
            self.train_function = self.test_function = None  # Keras then makes its own.

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing, because the constructor has built the model.

        Keras would first average a batch over the replicas, which fails if their shares differ.
        """

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the images G(z) of codes (m, d)."""
        return self.decoder(z, training=False)

    def sample(self, num_images: int, seed: int) -> tf.Tensor:
        """Returns images G(n), n ~ N(0, I), a function of weights and seed."""
        z = tf.random.stateless_normal((num_images, self.latent_dim), [seed, 0])
        return self.decode(z)

    def interpolate(self, z_start: tf.Tensor, z_end: tf.Tensor, num_images: int) -> tf.Tensor:
        """Returns images along the great arcs from z_start to z_end, both (m, d).

        Codes of the prior are near a sphere, and a straight line would leave it.

        Returns:
            Shape (m, num_images, height, width, channels), both ends included.

        Raises:
            ValueError: If `num_images` is below 2.
        """
        if num_images < 2:
            raise ValueError(f"num_images must be at least 2. Received: {num_images}")
        z = spherical_interpolation(z_start, z_end, tf.linspace(0.0, 1.0, num_images))
        images = self.decode(tf.reshape(z, [-1, self.latent_dim]))
        return tf.reshape(images, [-1, num_images, *self.image_shape])

    def track_averages(self, names: Iterable[str]) -> None:
        """Makes the averages over the epoch of the scalars that `train_step` logs."""
        self.averages = Averages(tuple(names))

    @property
    def metrics(self):
        """The averages over an epoch of the scalars from `train_step`."""
        return [self.averages]

    def _record(self, **values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Adds the step's values, except of null terms, to the epoch's averages; returns logs."""
        logged = {name: value for name, value in values.items() if name in self.averages.names}
        self.averages.update_state(logged)
        return {name: replicas.as_log_scalar(value) for name, value in logged.items()}

    def _record_mean(
        self, name: str, values_of: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Adds `values_of(x)`, one for each image, to the average; returns the mean so far.

        Keras logs the result of an evaluation's last batch.
        """
        # A replica may get no image of the last batch, and oneDNN's kernels refuse empty input.
        values = tf.cond(
            tf.size(x) > 0,
            lambda: tf.cast(values_of(x), tf.float32),
            lambda: tf.zeros([0]),
        )
        self.averages.update_state(
            {name: tf.reduce_sum(values)}, tf.cast(tf.size(values), tf.float32)
        )
        total, count = replicas.sum_over_replicas(
            [self.averages.total.value, self.averages.weight.value]
        )
        mean = total[self.averages.names.index(name)] / count
        return {name: replicas.as_log_scalar(mean)}
