"""Labels of images, appended to codes as one-hot vectors; or no labels."""

from collections.abc import Sequence
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.interventions import Intervention
from ivaae_tf.layers.priors import ComponentPrior
from ivaae_tf.program.errors import UserError


@keras.saving.register_keras_serializable("ivaae_tf")
class NoLabels:
    """No labels: decoder and discriminator have codes alone.

    Example:
        >>> NoLabels().of(None).append(tf.ones([2, 4])).shape
        TensorShape([2, 4])

    References:
        Makhzani et al. (2015), Adversarial Autoencoders:
        https://arxiv.org/abs/1511.05644
    """

    names: tuple[str, ...] = ()  # of the labels that the decoder gets
    component_names: tuple[str, ...] = ()  # of the components of the prior
    shares: tuple[float, ...] = (1.0,)  # of the classes and, last, of images without a label

    def of(self, labels: Any) -> "NoLabels":
        """Returns an object that appends labels to codes; it appends nothing.

        Raises:
            ValueError: If there are labels.
        """
        if labels is not None:
            raise ValueError(
                f"labels must be None: the model is not conditional. Received: {labels}"
            )
        return self

    def of_targets(self, y: Any) -> tuple[Any, "NoLabels"]:
        """Returns the targets in the y of a batch, and an object that appends its labels."""
        return y, self

    def of_inputs(self, inputs: Any) -> tuple[Any, "NoLabels"]:
        """Returns the images in the inputs of the model, and an object that appends labels."""
        return inputs, self

    def append(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns codes (m, d) with their labels, the input of the decoder."""
        return codes

    def append_to_rungs(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns rungs of codes (t+1, m, d) with their labels, the input of the discriminator."""
        return self.append(z_k)

    def rungs(self, intervention: Intervention, z: tf.Tensor) -> tf.Tensor:
        """Returns the rungs of codes (m, d) with labels, shape (t+1, m, d)."""
        return intervention(z)

    def draw(self, num_labels: int, seed: int) -> tf.Tensor | None:
        """Returns labels with the shares of the training images, a function of the seed."""
        del num_labels, seed
        return None

    def numbers(self, names: Sequence[str]) -> np.ndarray | None:
        """Returns the labels of images by their names, shape (m,); "" for no label."""
        del names
        return None

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "NoLabels":
        """Makes the labels from `get_config`'s result."""
        return cls(**config)


@keras.saving.register_keras_serializable("ivaae_tf")
class Labels(NoLabels):
    """Labels y of images: decoder and discriminator have [z, one-hot y] as input.

    With the same y on all rungs, the best D measures E_y JS(p_0(z|y), …, p_t(z|y)), so that the
    codes of each class follow the prior. Label −1, like any number that is not of a class, is
    "unknown", a vector of zeros.

    Args:
        names: The names of the k classes.
        shares: Share of the training images of each class and, last, without a label, shape
            (k + 1,); None for equal shares of the classes.

    Raises:
        ValueError: If there are fewer than two names, or two are equal.

    Example:
        >>> labels = Labels(["cat", "dog"])
        >>> labels.of([0, 1, -1]).append(tf.ones([3, 1])).numpy()
        array([[1., 1., 0.],
               [1., 0., 1.],
               [1., 0., 0.]], dtype=float32)

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, Section 4:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, names: Sequence[str], shares: Sequence[float] | None = None):
        self.names = tuple(map(str, names))
        if len(set(self.names)) < max(2, len(self.names)):
            raise ValueError(f"names must be at least 2 different ones. Received: {self.names}")
        equal = [1 / len(self.names)] * len(self.names) + [0.0]
        self.shares = tuple(equal if shares is None else map(float, shares))

    def of(self, labels):
        """Returns an object that appends labels (m,) to codes; None for unknown ones."""
        return _OneHot(tf.constant([-1]) if labels is None else labels, len(self.names))

    def of_targets(self, y):
        """Returns None, for the images as targets, and an object that appends the labels y.

        Raises:
            ValueError: If y are not the labels of the images.
        """
        _check_labels(y)
        return None, self.of(y)

    def of_inputs(self, inputs):
        """Returns the images, and an object that appends labels, if the inputs are a pair."""
        x, labels, _ = keras.utils.unpack_x_y_sample_weight(inputs)
        return x, self.of(labels)

    def draw(self, num_labels, seed):
        """Returns labels with the shares of the training images, a function of the seed."""
        logits = tf.math.log(tf.constant([self.shares]))
        drawn = tf.random.stateless_categorical(logits, num_labels, tf.stack([seed, 2]))[0]
        return tf.where(drawn < len(self.names), drawn, -1)

    def numbers(self, names):
        """Returns the labels of images by their names, shape (m,); "" for no label.

        Raises:
            UserError: If a name is not one of the labels, or missing though no training image
                was without a label.
        """
        expected = [*self.names, *([""] if self.shares[-1] else [])]
        for name in names:
            if name not in expected:
                found = name or "none"
                raise UserError(
                    f"images need a label of {', '.join(self.names)} for a conditional model, such "
                    f"as the name of their subfolder; found {found}"
                )
        number_of = {name: number for number, name in enumerate(self.names)}
        return np.array([number_of.get(name, -1) for name in names], np.int64)

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {"names": list(self.names), "shares": list(self.shares)}


@keras.saving.register_keras_serializable("ivaae_tf")
class ComponentLabels(NoLabels):
    """Labels y of images that have a component of a mixture prior each: p(z|y) is component y.

    The rungs of a code with the label y are of P-interventions on p(z|y), and the discriminator
    gets the same y beside each of them. The decoder gets codes alone. Images with another label,
    such as −1, are compared with the whole mixture, with a vector of zeros as label.

    Args:
        component_names: The names of the k classes, in the order of the components.

    Example:
        >>> from ivaae_tf.layers import MixturePrior, RadialIntervention
        >>> prior = MixturePrior(means=[[-9.0, 0.0], [9.0, 0.0]], factors=[0.1, 0.1])
        >>> intervention = RadialIntervention(num_bridges=2, prior=prior)
        >>> _, labels = ComponentLabels(["cat", "dog"]).of_targets(tf.constant([0, 1]))
        >>> labels.rungs(intervention, tf.zeros([2, 2]))[-1, :, 0].numpy().round()
        array([-9.,  9.], dtype=float32)

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, section 2.3:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, component_names: Sequence[str]):
        self.component_names = tuple(component_names)

    def of_targets(self, y):
        """Returns None, for the images as targets, and an object with the components of labels y.

        Raises:
            ValueError: If y are not the labels of the images.
        """
        _check_labels(y)
        return None, _OneHotOfRungs(y, len(self.component_names))

    def of_inputs(self, inputs):
        """Returns the images, and an object with their components, if the inputs are a pair."""
        x, labels, _ = keras.utils.unpack_x_y_sample_weight(inputs)
        labels = tf.constant([-1]) if labels is None else labels
        return x, _OneHotOfRungs(labels, len(self.component_names))

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {"component_names": list(self.component_names)}


def _check_labels(y: Any) -> None:
    if y is None or tf.nest.is_nested(y) or len(y.shape) != 1 or y.dtype.is_floating:
        found = getattr(y, "shape", None)
        raise ValueError(f"y must be integers, the labels of the images (m,). Received: {found}")


class _OneHot(NoLabels):
    """Appends labels (m,), or (1,) for all codes, as one-hot vectors of k numbers."""

    def __init__(self, labels: Any, num_classes: int):
        classes = tf.range(num_classes, dtype=tf.int64)
        is_class = tf.cast(labels, tf.int64)[:, tf.newaxis] == classes
        self._one_hot = tf.cast(is_class, tf.float32)  # zeros for −1

    def append(self, codes: tf.Tensor) -> tf.Tensor:
        shape = tf.concat([tf.shape(codes)[:-1], self._one_hot.shape[-1:]], axis=0)
        one_hot = tf.broadcast_to(tf.cast(self._one_hot, codes.dtype), shape)
        return tf.concat([codes, one_hot], axis=-1)


class _OneHotOfRungs(_OneHot):
    """Appends labels to rungs alone, whose codes have the prior of the component of their label."""

    def append(self, codes: tf.Tensor) -> tf.Tensor:
        return codes

    def append_to_rungs(self, z_k: tf.Tensor) -> tf.Tensor:
        return super().append(z_k)

    def rungs(self, intervention: Intervention, z: tf.Tensor) -> tf.Tensor:
        is_unknown = 1 - tf.reduce_sum(self._one_hot, axis=-1, keepdims=True)
        weights = self._one_hot + is_unknown / self._one_hot.shape[-1]  # p(c|y)
        prior = cast(ComponentPrior, intervention.prior)
        return intervention(z, prior=prior.with_weights(weights))
