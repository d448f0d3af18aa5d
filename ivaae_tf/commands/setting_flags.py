"""Definitions of the flags of settings: model, loss, optimization and machine."""

import dataclasses
from typing import Any

from absl import flags

from ivaae_tf import choices
from ivaae_tf.choices import AUTO
from ivaae_tf.commands.shared_flags import define_log_every
from ivaae_tf.methods import METHODS, MMD_LATENT_WEIGHT
from ivaae_tf.program import help_page, path_flags
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import EPOCHS, Range
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.setting_fields import RecordedSettings, range_of
from ivaae_tf.settings import FITS, Settings


class _PrecisionParser(flags.BooleanParser):
    """Reads a truth value, or "auto"."""

    def parse(self, argument):
        return AUTO if argument == AUTO else super().parse(argument)


def define_second_stage_flags() -> None:
    """Defines the flags of the second stage."""
    settings = SecondStageSettings
    with help_page.topic("Run"):
        define_log_every()
        flags.DEFINE_bool("overwrite", False, "Begin a new second stage instead of an old one.")
    with help_page.topic("Optimization"):
        define_number("epochs", 800, "Total number of epochs.", EPOCHS)
        _define_setting("batch_size", "Codes per batch.", settings)
        _define_setting("learning_rate", "Initial learning rate of Adam.", settings)
        _define_decay(settings)
        _define_setting("width", "Factor on the width of every hidden layer.", settings)
        _define_setting("seed", "Seed of the weights, the order and the noise.", settings)
    _check_settings(settings)


def define_model_flags() -> None:
    """Defines the flags of the method, the networks and the loss."""
    with help_page.topic("Model and loss"):
        _define_enum("method", METHODS, "Method to train.")
        _define_enum("network", choices.NETWORKS, "Networks: Table 3, or Table 4 if convolutional.")
        _define_setting("image_size", "Width and height of the images, in pixels.")
        _define_enum(
            "fit",
            FITS,
            "How images become square: crop to the central square, pad with black, or stretch.",
        )
        _define_setting("latent_dim", "d, dimension of the codes.")
        _define_setting(
            "num_bridges",
            "t, of ivgan the number of blocks; by default 4 for ivaae and ivgan, else 1.",
        )
        _define_setting("width", "Factor on the width of every hidden layer.")
        _define_enum(
            "encoder_objective",
            choices.ENCODER_OBJECTIVES,
            "Encoder's loss against the discriminator.",
        )
        _define_setting(
            "bandwidth_scale", "Factor on ivaae_svgd's kernel bandwidth; by default 100."
        )
        _define_setting("encoder_steps", "Steps of ivgan's encoder for a batch; by default 10.")
        _define_enum(
            "encoder_game",
            choices.ENCODER_GAMES,
            "Whether ivgan's encoder helps the classifier of interventions, as in its authors' "
            "code, the default, or opposes it, as the generator does.",
        )
        _define_bool(
            "encoder_reconstruction",
            "Whether ivgan's encoder also minimizes the reconstruction loss; by default not.",
        )
        _define_setting(
            "reconstruction_weight", "λ, weight of the reconstruction loss; of ivgan, η = 0.25 λ."
        )
        _define_setting(
            "discriminator_weight",
            "μ₁, weight of the discriminator's loss; it changes Adam's steps only through epsilon.",
        )
        _define_setting(
            "latent_weight",
            "μ₂, weight of the latent loss; by default 2/(t+1), "
            f"{MMD_LATENT_WEIGHT:g} for wae_mmd and infovae. γ of ivgan, by default 0.5.",
        )
        _define_enum("posterior", choices.POSTERIORS, "Posterior q(z|x); by default the method's.")
        _define_setting("posterior_weight", "κ, weight of the posterior's penalty.")
        _define_setting("posterior_scale", "Standard deviation of --posterior=fixed_variance.")
        _define_enum(
            "likelihood", choices.LIKELIHOODS, "Reconstruction loss; by default the method's."
        )
        _define_enum(
            "decoder_regularizer",
            choices.DECODER_REGULARIZERS,
            "Regularizer; by default the method's.",
        )
        _define_setting("regularizer_weight", "ρ, weight of the decoder regularizer's penalty.")


def define_training_flags() -> None:
    """Defines the flags of the optimization and of the machine."""
    with help_page.topic("Optimization"):
        define_number("epochs", 300, "Total number of training epochs.", EPOCHS)
        _define_setting("batch_size", "Images per batch, over all devices.")
        for network in ("encoder", "decoder", "discriminator"):
            _define_setting(
                f"learning_rate_{network}", f"Initial learning rate of Adam for the {network}."
            )
        _define_setting("adam_beta_1", "β₁ of Adam.")
        _define_decay()
        _define_setting(
            "gradient_clip_norm",
            "Largest norm of each network's gradient, which is scaled down to it; 0 for none.",
        )
        _define_setting(
            "ema_decay",
            "Factor per step of moving averages of the weights, such as 0.999, lower in the first "
            "steps; pictures, scores and export use them. 0 for none.",
        )
        define_path(
            "init_from",
            None,
            "Folder of a run, or checkpoint, whose weights a new run begins with.",
        )
        _define_bool("horizontal_flip", "Mirror each training image with a probability of a half.")
        _define_setting("seed", "Seed of the weights, the image order and the noise.")
        _define_setting("shuffle_buffer", "Size of the shuffle buffer, in images.")
    with help_page.topic("Machine"):
        flags.DEFINE_flag(precision_flag())
        _define_bool("jit_compile", "Compile the training step with XLA.")
        define_number(
            "steps_per_execution",
            1,
            "Training steps per compiled call (Keras steps_per_execution).",
            Range(1, 100_000),
        )
        flags.DEFINE_enum("distribution", "auto", choices.DISTRIBUTIONS, "Devices to train on.")
        define_path(
            "cache",
            "auto",
            "Storage of the resized images between epochs: auto, none, memory or a folder; auto: "
            "memory if they need less than a quarter of the free memory, else a file beside the "
            "records if the disk has room, else none.",
            _check_cache,
        )
    _check_settings(Settings)


def precision_flag() -> flags.Flag:
    """Returns --mixed_precision: true, false or auto; without a value, true."""
    return flags.Flag(
        _PrecisionParser(),
        flags.ArgumentSerializer(),
        "mixed_precision",
        _field("mixed_precision", Settings).default,
        "Compute in bfloat16, keep weights in float32. auto: if a step is faster so, which is "
        "measured before a new run.",
        boolean=True,
    )


def _define_decay(settings: type[RecordedSettings] = Settings) -> None:
    _define_setting(
        "lr_decay_epochs",
        "Epochs at which the learning rates decay, such as 30,50,100; empty for none.",
        settings,
    )
    _define_setting("lr_decay_factors", "Factor on the rates at each decay epoch.", settings)


def _define_enum(name: str, values, help_text: str) -> None:
    flags.DEFINE_enum(name, _field(name, Settings).default, list(values), help_text)


def _define_bool(name: str, help_text: str) -> None:
    flags.DEFINE_bool(name, _field(name, Settings).default, help_text)


def _define_setting(name: str, help_text: str, settings: type[RecordedSettings] = Settings) -> None:
    """Defines the flag of a number, or of several, with the default and the range of the field."""
    field = _field(name, settings)
    allowed = range_of(field)
    assert allowed is not None, name
    define = define_numbers if isinstance(field.default, tuple) else define_number
    define(name, field.default, help_text, allowed)


def _field(name: str, settings: type[RecordedSettings]) -> Any:
    return next(field for field in dataclasses.fields(settings) if field.name == name)


def _check_cache(value: str) -> None:
    if value not in ("auto", "none", "memory"):
        path_flags.output_folder(value)


def _check_settings(settings: type[RecordedSettings]) -> None:
    """Checks that the values of all settings fit together, when the flags are parsed."""

    def check(values: dict[str, Any]) -> bool:
        settings.from_flags(values).check()
        return True

    flags.register_multi_flags_validator(
        [field.name for field in dataclasses.fields(settings)], check
    )
