"""Base classes of models with an optimizer for each network."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.divergences import Divergence
from ivaae_tf.layers.noise import RandomLayer
from ivaae_tf.layers.weight_average import NoWeightAverage, WeightAverage
from ivaae_tf.models import dense_products
from ivaae_tf.models.image_model import ImageModel
from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.settings import Settings


class MultiOptimizerModel(ImageModel):
    """A model that is compiled with an optimizer for each network, which checkpoints contain.

    A subclass sets `decoder` and `divergence`, and defines `compile` with an argument for each
    optimizer, which calls `_compile`. Each argument of its constructor is in `parts` or `numbers`.
    """

    parts: Sequence[str]  # arguments that are Keras objects
    numbers: Sequence[str]
    divergence: Divergence
    discriminator_weight: float
    weight_average: WeightAverage | NoWeightAverage
    optimizer_names: Sequence[str]  # of attributes; the first is Keras's own `optimizer`

    def _compile(self, given: dict[str, Any], **kwargs: Any) -> list[keras.optimizers.Optimizer]:
        """Sets Keras's options of `compile`, and returns the optimizers.

        Args:
            given: Name -> optimizer: an object, the name of a class in Keras, or None for
                `FusedAdam` with the default learning rate of `Settings`.
            **kwargs: The options.

        Raises:
            ValueError: If an optimizer is given twice, if an optimizer, loss or metric for the
                whole model is given, or if the model computes in float16, in which unscaled
                gradients underflow.
        """
        if kwargs.get("optimizer") is not None:
            raise ValueError(
                f"optimizer must be None, because each network has its own: {', '.join(given)}. "
                f"Received: {kwargs['optimizer']!r}"
            )
        for option in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            if kwargs.get(option) is not None:
                raise ValueError(
                    f"{option} must be None, because the model has its own losses. Received: "
                    f"{kwargs[option]!r}"
                )
        if self.dtype_policy.compute_dtype == "float16":
            raise ValueError(
                "Several optimizers cannot share the loss scaling of float16; the policy must be "
                f"float32 or mixed_bfloat16. Received: {self.dtype_policy.name}"
            )
        optimizers = [
            _paper_adam(name) if each is None else keras.optimizers.get(each)
            for name, each in given.items()
        ]
        if len(set(map(id, optimizers))) < len(optimizers):
            raise ValueError(
                f"{', '.join(given)} must be different objects, because each has the state of one "
                "network. Received: the same one twice"
            )
        self.optimizer_names = tuple(given)
        super().compile(optimizer=optimizers[0], **kwargs)
        dense_products.speed_up(self._flatten_layers())
        return optimizers

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """The trainable variables of G."""
        return list(self.decoder.trainable_variables)

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """The trainable variables that minimize the discriminator's loss."""
        return list(self.divergence.trainable_variables)

    @property
    def random_parts(self) -> list[RandomLayer]:
        """The parts with noise in training."""
        raise NotImplementedError

    @property
    def seed_states(self) -> list[keras.Variable]:
        """The random states of the networks' own layers, such as Dropout."""
        layers = (each for each in self._flatten_layers() if not isinstance(each, RandomLayer))
        return [generator.state for layer in layers for generator in layer._seed_generators]

    def save_own_variables(self, store) -> None:
        """Saves the random states of layers, which Keras omits and a resumed run needs."""
        for number, state in enumerate(self.seed_states):
            store[f"seed_state_{number}"] = state.numpy()

    def load_own_variables(self, store) -> None:
        """Loads the random states of layers; older checkpoints have none."""
        for number, state in enumerate(self.seed_states):
            name = f"seed_state_{number}"
            if name in store.keys():  # noqa: SIM118  a store is not a dictionary
                state.assign(store[name])

    @property
    def parameter_counts(self) -> dict[str, int]:
        """The number of parameters of each network."""
        return {
            "decoder": self.decoder.count_params(),
            "discriminator": self.divergence.count_params(),
        }

    @property
    def num_rungs(self) -> int:
        """The number of distributions that D distinguishes: 2, generated and real images."""
        return 2

    @property
    def steps_trained(self) -> int:
        """The number of training steps so far."""
        return int(self.decoder_optimizer.iterations.numpy())

    @property
    def state_variables(self):
        """The variables in a checkpoint: weights, random states, state of the optimizers."""
        optimizers = [getattr(self, name) for name in self.optimizer_names]
        return [
            *self.weights,
            *(part.random_state for part in self.random_parts),
            *self.seed_states,
            *(variable for optimizer in optimizers for variable in optimizer.variables),
        ]

    def trial_values(self, x: tf.Tensor) -> list[tf.Tensor]:
        """Returns values that a step on images x would compute, to test whether they are finite.

        No state changes, not even the random state of training.
        """
        raise NotImplementedError

    def discriminator_loss(
        self, rungs: tf.Tensor, *others: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the cross-entropy of the rung k of each sample, and diagnostics."""
        del others
        return self.divergence.discriminator_loss(rungs)

    def discriminator_step(self, rungs: tf.Tensor, *others: tf.Tensor) -> dict[str, tf.Tensor]:
        """Updates D by the gradient of μ₁ × `discriminator_loss`.

        Args:
            rungs: Rungs of codes (t+1, m, d) or of images (2, m, h, w, c), constant.
            others: Other inputs of the loss, constant.

        Returns:
            Scalars to log; none if the divergence has no trainable variables.
        """
        theta_d = self.discriminator_variables
        if not theta_d:  # a divergence in closed form
            return {}
        with tf.GradientTape() as tape:
            loss, logs = self.discriminator_loss(rungs, *others)
            loss = replicas.share(self.discriminator_weight * loss)
        gradients_d = tape.gradient(loss, theta_d)
        self.discriminator_optimizer.apply(gradients_d, theta_d)
        norm = norm_applied(self.discriminator_optimizer, gradients_d)
        return {**logs, "discriminator_gradient_norm": norm}

    def get_config(self):
        """Returns the arguments of the constructor."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **{part: serialize(getattr(self, part)) for part in self.parts},
            **{name: getattr(self, name) for name in self.numbers},
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model from `get_config`'s result."""
        deserialize = keras.saving.deserialize_keras_object
        # Version 0.1.0 had fewer parts.
        parts = {part: deserialize(config.pop(part)) for part in cls.parts if part in config}
        return cls(**parts, **config)

    def get_compile_config(self):
        """Returns the serialized optimizers and the options for running steps."""
        serialize = keras.saving.serialize_keras_object
        return {
            **{name: serialize(getattr(self, name)) for name in self.optimizer_names},
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        """Compiles the model with `get_compile_config`'s result."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{name: deserialize(value) for name, value in config.items()})


class EncoderDecoderModel(MultiOptimizerModel):
    """An encoder-decoder model with an optimizer each for encoder, decoder and discriminator."""

    encoder: keras.Model

    def compile(
        self,
        encoder_optimizer=None,
        decoder_optimizer=None,
        discriminator_optimizer=None,
        **kwargs,
    ):
        """Sets an optimizer for each network, and Keras's options of `compile`.

        It creates the variables of the optimizers, so a checkpoint can be restored before the first
        step.

        Args:
            encoder_optimizer: An optimizer, its name in Keras, such as "adam", or None for
                `FusedAdam` with the paper's learning rate, 5e-5 for E and 1e-4 for G and D.
            decoder_optimizer: Another one.
            discriminator_optimizer: Another one; without a discriminator, it has no use.
            **kwargs: Such as `jit_compile` and `steps_per_execution`.

        Raises:
            ValueError: If an optimizer is given twice, or an option has no use here.
        """
        given = {
            "encoder_optimizer": encoder_optimizer,
            "decoder_optimizer": decoder_optimizer,
            "discriminator_optimizer": discriminator_optimizer,
        }
        _, self.decoder_optimizer, self.discriminator_optimizer = self._compile(given, **kwargs)
        self.encoder_optimizer.build(self.encoder.trainable_variables)
        self.decoder_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)

    @property
    def encoder_optimizer(self):
        """E's optimizer, which Keras stores as the model's optimizer."""
        return self.optimizer

    @property
    def parameter_counts(self) -> dict[str, int]:
        """The number of parameters of each network."""
        return {"encoder": self.encoder.count_params(), **super().parameter_counts}


def _paper_adam(name: str) -> FusedAdam:
    """Returns the default of an argument of `compile`."""
    return FusedAdam(
        getattr(Settings, f"learning_rate_{name.removesuffix('_optimizer')}"),
        beta_1=Settings.adam_beta_1,
    )


def norm_applied(optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor]) -> tf.Tensor:
    """Returns the norm of the applied gradients, summed over the replicas.

    Keras's optimizers do not expose the sum that they applied, so it is computed a second time.
    """
    if isinstance(optimizer, FusedAdam):
        return optimizer.gradient_norm
    return tf.linalg.global_norm(replicas.sum_over_replicas(gradients))


def weighted_sum(first: tuple[float, tf.Tensor], *others: tuple[float, tf.Tensor]) -> tf.Tensor:
    """Returns Σ weight · loss; other losses of weight 0 are skipped and need no gradient."""
    terms = [first, *(term for term in others if term[0])]
    return tf.add_n([weight * loss for weight, loss in terms])
