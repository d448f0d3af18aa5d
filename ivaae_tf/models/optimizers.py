"""Optimizers: Adam in one pass over memory, with learning-rate decay at epochs."""

import itertools
from collections.abc import Sequence

import keras
import tensorflow as tf

from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.settings import Settings, SettingsError


@keras.saving.register_keras_serializable("ivaae_tf")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` with TensorFlow's fused kernel for each variable.

    It has the arguments, arithmetic and state of Keras's Adam without AMSGrad, which makes about
    ten passes over the memory of each variable; `benchmarks/optimizer.py` measures the difference.
    `global_clipnorm` limits the norm of the gradients summed over the replicas, so that N replicas
    do what one would.

    Raises:
        ValueError: If `amsgrad` is true, which the kernel does not support.

    Example:
        >>> optimizer, weight = FusedAdam(1e-3, beta_1=0.5), keras.Variable([1.0])
        >>> optimizer.apply([tf.constant([2.0])], [weight])
        >>> float(optimizer.gradient_norm)
        2.0

    References:
        Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, Algorithm 1:
        https://arxiv.org/abs/1412.6980
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ValueError("amsgrad must be False in FusedAdam. Received: True")
        self._scalars: dict[str, tf.Tensor] = {}

    def build(self, variables):
        """Creates the moments, and a variable for the norm of the gradients."""
        super().build(variables)
        # Not tracked by Keras, because checkpoints do not need it.
        self._half_squared_norm = tf.Variable(0.0, trainable=False)

    @property
    def gradient_norm(self) -> tf.Tensor:
        """The norm of the last applied gradients, summed over the replicas."""
        return tf.sqrt(2 * tf.convert_to_tensor(self._half_squared_norm))

    def apply(self, grads, trainable_variables=None):
        """Updates the variables; values that depend only on the step are computed once for all."""
        if not self.built:
            self.build(trainable_variables)
        step = tf.cast(self.iterations + 1, tf.float32)
        beta_1, beta_2, epsilon = (
            tf.constant(value, tf.float32) for value in (self.beta_1, self.beta_2, self.epsilon)
        )
        self._scalars = {
            "beta1_power": tf.pow(beta_1, step),
            "beta2_power": tf.pow(beta_2, step),
            "beta1": beta_1,
            "beta2": beta_2,
            "epsilon": epsilon,
        }
        tf.raw_ops.AssignVariableOp(resource=self._half_squared_norm.handle, value=0.0)
        try:
            super().apply(grads, trainable_variables)
        finally:
            self._scalars = {}

    def _clip_gradients(self, grads):
        """Limits the norm of all gradients together; Keras would use the norm in each replica."""
        if not self.global_clipnorm:
            return super()._clip_gradients(grads)
        sums, context = [tf.identity(gradient) for gradient in grads], None
        if tf.distribute.has_strategy():
            context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            sums = context.all_reduce(tf.distribute.ReduceOp.SUM, sums)
        norm = tf.linalg.global_norm(sums)
        factor = self.global_clipnorm / tf.maximum(norm, self.global_clipnorm)
        return [gradient * tf.cast(factor, gradient.dtype) for gradient in grads]

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable and its two moments in place, by the sum over the replicas."""
        if isinstance(gradient, tf.IndexedSlices):
            gradient = tf.convert_to_tensor(gradient)
        dtype = variable.dtype
        tf.raw_ops.AssignAddVariableOp(
            resource=self._half_squared_norm.handle,
            value=tf.cast(tf.nn.l2_loss(gradient), tf.float32),
        )
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            lr=tf.cast(learning_rate, dtype),
            grad=tf.cast(gradient, dtype),
            **{name: tf.cast(value, dtype) for name, value in self._scalars.items()},
        )


def decay_at_epochs(
    learning_rate: float,
    epochs: Sequence[int],
    factors: Sequence[float],
    steps_per_epoch: int,
) -> keras.optimizers.schedules.LearningRateSchedule | float:
    """Returns a schedule that multiplies the learning rate by a factor at each decay epoch.

    Without decay epochs it returns the learning rate itself. The schedule depends only on the step
    of the optimizer, so a resumed run continues with the right learning rate.

    Args:
        learning_rate: Learning rate of the first epochs, above 0.
        epochs: Increasing numbers of the epochs (counted from 0) that start with a decay.
        factors: One factor for each of `epochs`, on the learning rate before it.
        steps_per_epoch: Optimizer steps in an epoch.

    Raises:
        ValueError: If the epochs do not increase from 1 on, or if each does not have one factor.
    """
    if len(epochs) != len(factors):
        raise ValueError(
            f"Each decay epoch must have one factor. Received: epochs {list(epochs)}, "
            f"factors {list(factors)}"
        )
    if any(later <= earlier for earlier, later in itertools.pairwise([0, *epochs])):
        raise ValueError(f"Decay epochs must increase from 1 on. Received: {list(epochs)}")
    if not epochs:
        return learning_rate
    rates = itertools.accumulate([learning_rate, *factors], lambda rate, factor: rate * factor)
    # PiecewiseConstantDecay changes after a boundary, so each is the last step of an epoch.
    boundaries = [epoch * steps_per_epoch - 1 for epoch in epochs]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, list(rates))


def make_optimizers(settings: Settings, steps_per_epoch: int) -> dict[str, FusedAdam]:
    """Returns the optimizer of each network of a run as keyword arguments of `compile`.

    Raises:
        SettingsError: If the decay epochs or their factors are invalid.
    """
    settings.check()
    return {
        f"{network}_optimizer": make_adam(
            network,
            getattr(settings, f"learning_rate_{network}"),
            settings,
            steps_per_epoch * (settings.encoder_steps or 1 if network == "encoder" else 1),
            beta_1=settings.adam_beta_1,
            global_clipnorm=settings.gradient_clip_norm or None,
        )
        for network in settings.method_row.networks
    }


def set_rates(model: keras.Model, settings: Settings) -> None:
    """Sets constant learning rates, which checkpoints contain too; schedules are not saved."""
    for network in settings.method_row.networks:
        rate = getattr(settings, f"learning_rate_{network}")
        if not settings.lr_decay_epochs:
            getattr(model, f"{network}_optimizer").learning_rate = rate


def make_adam(
    network: str,
    learning_rate: float,
    decay: Settings | SecondStageSettings,
    steps_per_epoch: int,
    **options: float | None,
) -> FusedAdam:
    """Returns the optimizer of a network, with the learning-rate decay of the settings.

    Args:
        network: Name of the network.
        learning_rate: Learning rate of the first epochs, above 0.
        decay: Settings with the decay epochs and their factors.
        steps_per_epoch: Steps of this optimizer in an epoch.
        options: Other arguments of `FusedAdam`.

    Raises:
        SettingsError: If the decay epochs or their factors are invalid.
    """
    try:
        schedule = decay_at_epochs(
            learning_rate, decay.lr_decay_epochs, decay.lr_decay_factors, steps_per_epoch
        )
    except ValueError as error:
        raise SettingsError(f"--lr_decay_epochs, --lr_decay_factors: {error}") from error
    return FusedAdam(schedule, name=f"{network}_adam", **options)
