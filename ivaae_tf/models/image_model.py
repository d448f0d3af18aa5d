"""Base class of models that generate images: sampling, logs, epochs of exact length."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.labels import NoLabels
from ivaae_tf.layers.priors import GaussianPrior, Prior
from ivaae_tf.models import step_functions
from ivaae_tf.models.epoch_averages import Averages
from ivaae_tf.models.fit_callbacks import LevelWarning, SharedRateChanges
from ivaae_tf.models.sample_weights import EqualWeights, weights_of
from ivaae_tf.models.step_functions import EvaluationStepFunction, TrainStepFunction


class ImageModel(keras.Model):
    """A model whose decoder maps codes (m, d) to images (m, height, width, channels) in [−1, 1].

    A subclass sets `decoder`, and calls `track_averages` with the names of its logs.
    """

    decoder: keras.Model
    labels = NoLabels()
    has_encoder = False
    has_chain = False  # of rungs, from the codes to the prior
    warns_of_levels = False  # of images that the decoder cannot reach

    @property
    def latent_dim(self) -> int:
        """d, the dimension of a code."""
        return self.decoder.input_shape[-1] - len(self.labels.names)

    @property
    def is_conditional(self) -> bool:
        """Whether images have labels, which the decoder gets beside the codes."""
        return bool(self.labels.names)

    @property
    def prior(self) -> Prior:
        """The prior of the codes: N(0, I), unless a subclass has another one."""
        return GaussianPrior(self.latent_dim)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return tuple(self.decoder.output_shape[1:])

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        *args,
        steps_per_epoch: int | None = None,
        **kwargs,
    ):
        """Trains like `keras.Model.fit`, with exactly `steps_per_epoch` steps per epoch.

        Args:
            x: Images in [−1, 1], floating-point numbers, or batches of them.
            y: Targets of the reconstructions, such as images without noise; None for x.
            batch_size: As in Keras, like the arguments that follow.
            epochs: Number of epochs.
            verbose: As in Keras.
            callbacks: A change of `model.optimizer.learning_rate` changes the learning rates of all
                networks by the same factor.
            *args: Further arguments.
            steps_per_epoch: Steps in an epoch.
            **kwargs: Further arguments. `sample_weight` has weights of images, shape (m,), or of
                pixels, the shape of x or with one channel: 0 for missing values.

        Raises:
            ValueError: If x are integers, or y or the weights have another shape.
        """
        _refuse_class_weights(kwargs)
        y = _targets(x, y, kwargs)
        callbacks = _joined(callbacks, LevelWarning(), SharedRateChanges())
        arguments = (x, y, batch_size, epochs, verbose, callbacks, *args)
        if steps_per_epoch is None or self.steps_per_execution == 1:
            return super().fit(*arguments, steps_per_epoch=steps_per_epoch, **kwargs)
        run_steps = TrainStepFunction(self)
        num_steps = itertools.cycle(step_functions.sizes(steps_per_epoch, self.steps_per_execution))

        def train_function(iterator: Iterator) -> dict[str, tf.Tensor]:
            return {name: each[-1] for name, each in run_steps(iterator, next(num_steps)).items()}

        self.train_function: Callable | None = train_function
        self.test_function: Callable | None = EvaluationStepFunction(self)
        try:
            return super().fit(*arguments, steps_per_epoch=steps_per_epoch, **kwargs)
        finally:
            self.train_function = self.test_function = None  # Keras then makes its own.

    def evaluate(self, x=None, y=None, *args, callbacks=None, **kwargs):
        """Evaluates like `keras.Model.evaluate`; x, y and `sample_weight` are as in `fit`."""
        y = _targets(x, y, kwargs)
        return super().evaluate(x, y, *args, callbacks=_joined(callbacks, LevelWarning()), **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing, because the constructor has built the model.

        Keras would first average a batch over the replicas, which fails if their sizes differ.
        """

    def images_and_targets(self, data: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the images of a batch, and the targets of their reconstructions.

        Args:
            data: Images x, or a pair (x, y) with targets y of the same shape.

        Raises:
            ValueError: If it is something else, or its numbers are integers.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise ValueError(f"sample_weight must be None, as {type(self).__name__} has no weights")
        x = floating_point(x)
        if y is None:
            return self._record_level(x), x
        if tf.nest.is_nested(y) or not x.shape.is_compatible_with(y.shape):
            raise ValueError(
                "y must be None, or targets of the shape of the images x, such as x itself; the "
                f"model uses no labels. Received: x {x.shape}, y {getattr(y, 'shape', type(y))}"
            )
        return self._record_level(x), floating_point(y)

    def weighted_batch(self, data: Any) -> tuple[tf.Tensor, tf.Tensor, EqualWeights]:
        """Returns images and targets, as `images_and_targets`, and the weights of a batch."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        x, y = self.images_and_targets((x, y))
        return x, y, weights_of(weights, x)

    def _record_level(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the images unchanged; stores their largest level if the model warns of levels."""
        if self.warns_of_levels:
            level = tf.reduce_max(tf.abs(tf.cast(x, tf.float32)))
            self.largest_level.assign(tf.maximum(self.largest_level, level))
        return x

    def decode(self, z: tf.Tensor, labels: Any = None) -> tf.Tensor:
        """Returns the images G(z) of codes (m, d).

        Args:
            z: Codes.
            labels: Of a conditional model: integers (m,), −1 for unknown; None for all unknown.
        """
        return self.decoder(self.labels.of(labels).append(z), training=False)

    def sample(self, num_images: int, seed: int, labels: Any = None) -> tf.Tensor:
        """Returns images of codes of the prior, a function of weights, labels and seed.

        Args:
            num_images: The number of images.
            seed: An integer.
            labels: As for `decode`; None for labels with the shares of the training images.
        """
        labels = self.labels.draw(num_images, seed) if labels is None else labels
        return self.decode(self.prior.draw(num_images, seed), labels)

    def interpolate(self, z_start: tf.Tensor, z_end: tf.Tensor, num_images: int) -> tf.Tensor:
        """Returns images along the ways from z_start to z_end, both (m, d).

        They are great arcs for a Gaussian prior, whose codes are near a sphere, and for the prior
        on a sphere; otherwise straight lines.

        Returns:
            Shape (m, num_images, height, width, channels), both ends included.

        Raises:
            ValueError: If `num_images` is below 2.
        """
        if num_images < 2:
            raise ValueError(f"num_images must be at least 2. Received: {num_images}")
        z = self.prior.interpolate(z_start, z_end, tf.linspace(0.0, 1.0, num_images))
        images = self.decode(tf.reshape(z, [-1, self.latent_dim]))
        return tf.reshape(images, [-1, num_images, *self.image_shape])

    def track_averages(self, names: Iterable[str]) -> None:
        """Creates the epoch averages of the scalars that `train_step` logs."""
        self.averages = Averages(tuple(names))
        self.warns_of_levels = _ends_in_tanh(self.decoder)
        self.largest_level = tf.Variable(
            0.0,
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )

    @property
    def metrics(self):
        """The averages over an epoch of the scalars from `train_step`."""
        return [self.averages]

    def _record(self, **values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Adds the values of a step, without null terms, to the averages; returns logs."""
        logged = {name: value for name, value in values.items() if name in self.averages.names}
        self.averages.update_state(logged)
        return {name: replicas.as_log_scalar(value) for name, value in logged.items()}

    def _record_mean(
        self, name: str, values_of: Callable[..., tf.Tensor], *batch: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Adds `values_of(*batch)`, one for each image, to the average; returns the mean so far.

        Keras logs the result of the last batch of an evaluation.
        """
        # A replica may get no image of the last batch, and kernels of oneDNN reject empty input.
        values = tf.cond(
            tf.size(batch[0]) > 0,
            lambda: tf.cast(values_of(*batch), tf.float32),
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


def floating_point(images: tf.Tensor) -> tf.Tensor:
    """Returns the images as a tensor, but rejects integers, which are levels from 0 to 255.

    Raises:
        ValueError: If they are integers, or several tensors.
    """
    if tf.nest.is_nested(images):
        raise ValueError(f"Images must be one tensor. Received: {len(images)} in a structure")
    images = tf.convert_to_tensor(images)
    if not images.dtype.is_floating:
        raise ValueError(
            "Images must be floating-point numbers in [−1, 1], such as x / 127.5 − 1 of levels "
            f"from 0 to 255. Received: {images.dtype.name}"
        )
    return images


def check_shapes(**networks: keras.Model) -> None:
    """Checks that networks, by the names of arguments, have an input and an output shape.

    Raises:
        ValueError: If one has none, as a subclass of `keras.Model`.
    """
    for name, network in networks.items():
        if not hasattr(network, "output_shape"):
            raise ValueError(
                f"{name} must have an input and an output shape: give keras.Model(x, {name}(x)) "
                f"with x = keras.Input(shape), or use build_model(…, {name}=…). Received: "
                f"{type(network).__name__}"
            )


def _refuse_class_weights(arguments: Mapping[str, Any]) -> None:
    if arguments.get("class_weight") is not None:
        raise ValueError("class_weight must be None, because the model uses no labels")


def _targets(x: Any, y: Any, arguments: Mapping[str, Any]) -> Any:
    """Returns y, or x if there are weights, which Keras ignores without targets."""
    return x if y is None and arguments.get("sample_weight") is not None else y


def _joined(callbacks: Any, *own: keras.callbacks.Callback) -> Any:
    """Returns the user's callbacks followed by our own; `fit` passes a list that has both."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    return [*keras.tree.flatten(callbacks or []), *own]


def _ends_in_tanh(network: keras.Model) -> bool:
    """Returns whether the last layer, at any depth, has the activation tanh."""
    last = network
    while layers := getattr(last, "layers", None):
        last = layers[-1]
    return getattr(last, "activation", None) is keras.activations.tanh
