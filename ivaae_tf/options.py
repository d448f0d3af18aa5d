"""Definitions of the flags that several commands share."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from absl import flags

from ivaae_tf import choices
from ivaae_tf.methods import METHODS, MMD_LATENT_WEIGHT
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.settings import Settings
from pipelines import help_page

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Settings)}


def define_workdir_flag() -> None:
    """Defines --workdir."""
    with help_page.topic("Run"):
        flags.DEFINE_string("workdir", None, "Folder of the run.", required=True)


def define_evaluation_flags() -> None:
    """Defines the flags of the evaluation: the network and the image counts."""
    with help_page.topic("Evaluation"):
        flags.DEFINE_enum(
            "extractor",
            "auto",
            list(choices.EXTRACTORS),
            "Network for the features that are compared; auto: inception2015 if --inception_graph "
            "is set, else classifier if the data have labels, else none.",
        )
        flags.DEFINE_string(
            "inception_graph",
            None,
            "Path or URL of classify_image_graph_def.pb, the network of the standard FID, or of "
            "inception-2015-12-05.tgz, the archive that contains it.",
        )
        flags.DEFINE_integer("num_samples", 20_000, "Number of samples to score.", lower_bound=4)
        flags.DEFINE_integer(
            "num_codes", 60_000, "Maximum number of training images to encode.", lower_bound=4
        )


def define_run_flags() -> None:
    """Defines the flags of the run's folder and of the output intervals."""
    define_workdir_flag()
    with help_page.topic("Run"):
        _define_log_every()
        flags.DEFINE_integer(
            "evaluate_every", 10, "Epochs between two evaluations; 0 for none.", lower_bound=0
        )
        flags.DEFINE_integer("pictures_every", 1, "Epochs between sets of pictures.", lower_bound=1)


def define_second_stage_flags() -> None:
    """Defines the flags of the second stage."""
    defaults = {field.name: field.default for field in dataclasses.fields(SecondStageSettings)}
    with help_page.topic("Run"):
        _define_log_every()
        flags.DEFINE_bool("overwrite", False, "Begin a new second stage in place of an old one.")
    with help_page.topic("Optimization"):
        flags.DEFINE_integer("epochs", 800, "Total number of epochs.", lower_bound=1)
        _define_integer("batch_size", "Codes per batch.", 2, defaults)
        _define_float("learning_rate", "Initial learning rate of Adam.", defaults=defaults)
        _define_decay(defaults)
        _define_float("width", "Factor on the width of every hidden layer.", defaults=defaults)
        _define_integer("seed", "Seed of the weights, the order and the noise.", 0, defaults)


def define_model_flags() -> None:
    """Defines the flags of the method, the networks and the loss."""
    with help_page.topic("Model and loss"):
        _define_enum("method", METHODS, "Method to train.")
        _define_enum("network", choices.NETWORKS, "Networks: Table 3, or Table 4 if convolutional.")
        _define_integer("image_size", "Width and height of the images, in pixels.", 8)
        _define_integer("latent_dim", "d, dimension of the codes.", 1)
        _define_integer("num_bridges", "t; by default 4 for the ivaae methods, 1 for others.", 1)
        _define_float("width", "Factor on the width of every hidden layer.")
        _define_enum(
            "encoder_objective",
            choices.ENCODER_OBJECTIVES,
            "Encoder's loss against the discriminator.",
        )
        _define_float("bandwidth_scale", "Factor on ivaae_svgd's kernel bandwidth; by default 100.")
        _define_float("reconstruction_weight", "λ, weight of the reconstruction loss.")
        _define_float(
            "discriminator_weight",
            "μ₁, weight of the discriminator's loss; it changes Adam's steps only through epsilon.",
        )
        _define_float(
            "latent_weight",
            "μ₂, weight of the latent loss; by default 2/(t+1), or "
            f"{MMD_LATENT_WEIGHT:g} for wae_mmd and infovae.",
        )
        _define_enum("posterior", choices.POSTERIORS, "Posterior q(z|x); by default the method's.")
        _define_float("posterior_weight", "κ, weight of the posterior's penalty.")
        _define_float("posterior_scale", "Standard deviation of --posterior=fixed_variance.")
        _define_enum(
            "likelihood", choices.LIKELIHOODS, "Reconstruction loss; by default the method's."
        )
        _define_enum(
            "decoder_regularizer",
            choices.DECODER_REGULARIZERS,
            "Regularizer; by default the method's.",
        )
        _define_float("regularizer_weight", "ρ, weight of the decoder regularizer's penalty.")


def define_training_flags() -> None:
    """Defines the flags of the optimization and of the machine."""
    with help_page.topic("Optimization"):
        flags.DEFINE_integer("epochs", 300, "Total number of training epochs.", lower_bound=1)
        _define_integer("batch_size", "Images per batch, over all devices.", 2)
        for network in ("encoder", "decoder", "discriminator"):
            _define_float(
                f"learning_rate_{network}", f"Initial learning rate of Adam for the {network}."
            )
        _define_float("adam_beta_1", "β₁ of Adam.", upper_bound=1)
        _define_decay()
        _define_integer("seed", "Seed of the weights, the image order and the noise.", 0)
        _define_integer("shuffle_buffer", "Size of the shuffle buffer, in images.", 1)
    with help_page.topic("Machine"):
        _define_bool("mixed_precision", "Compute in bfloat16, keep weights in float32.")
        _define_bool("jit_compile", "Compile the training step with XLA.")
        flags.DEFINE_integer(
            "steps_per_execution",
            1,
            "Training steps per compiled call (Keras steps_per_execution).",
            lower_bound=1,
        )
        flags.DEFINE_enum("distribution", "auto", choices.DISTRIBUTIONS, "Devices to train on.")
        flags.DEFINE_string(
            "cache",
            "auto",
            "Storage of the resized images between epochs: auto, none, memory or a folder; auto: "
            "memory if they need less than a quarter of the free memory, else a file beside the "
            "records if the disk has room, else none.",
        )


def _define_log_every() -> None:
    flags.DEFINE_integer("log_every", 10, "Steps between values in TensorBoard.", lower_bound=1)


def _define_decay(defaults: Mapping[str, Any] = _DEFAULTS) -> None:
    _define_numbers(
        "lr_decay_epochs",
        int,
        "Epochs at which the learning rates decay, such as 30,50,100; empty for none.",
        defaults,
    )
    _define_numbers("lr_decay_factors", float, "Factor on the rates at each decay epoch.", defaults)


def _define_enum(name: str, values, help_text: str) -> None:
    flags.DEFINE_enum(name, _DEFAULTS[name], list(values), help_text)


def _define_integer(
    name: str, help_text: str, lower_bound: int, defaults: Mapping[str, Any] = _DEFAULTS
) -> None:
    flags.DEFINE_integer(name, defaults[name], help_text, lower_bound=lower_bound)


def _define_float(
    name: str,
    help_text: str,
    upper_bound: float | None = None,
    defaults: Mapping[str, Any] = _DEFAULTS,
) -> None:
    flags.DEFINE_float(name, defaults[name], help_text, lower_bound=0, upper_bound=upper_bound)


def _define_bool(name: str, help_text: str) -> None:
    flags.DEFINE_bool(name, _DEFAULTS[name], help_text)


def _define_numbers(
    name: str, number: type[int] | type[float], help_text: str, defaults: Mapping[str, Any]
) -> None:
    """Defines a flag of comma-separated numbers.

    A later flag replaces an earlier one. absl's own flags of several numbers append to it, so the
    list of a flagfile could not be shortened.
    """

    class Parser(flags.ListParser):
        def parse(self, argument):
            try:
                return [number(text) for text in super().parse(argument)]
            except ValueError as error:
                raise ValueError(f"expected comma-separated numbers ({error})") from error

    default = list(defaults[name])
    flags.DEFINE(Parser(), name, default, help_text, serializer=flags.ListSerializer(","))
