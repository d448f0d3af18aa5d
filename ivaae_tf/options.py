"""The flags of a training run, and their record as `Settings`."""

import dataclasses
from pathlib import Path

from absl import flags

from ivaae_tf import distribution, methods
from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.divergences.encoder_objectives import ENCODER_OBJECTIVES
from ivaae_tf.evaluation import EXTRACTORS, Evaluator, make_extractor
from ivaae_tf.metrics.extractors.inception2015 import ARCHIVE_URL
from ivaae_tf.networks import NETWORKS
from ivaae_tf.optimizers import FusedAdam
from ivaae_tf.schedules import decay_at_epochs
from pipelines import help_page
from pipelines.datasets import SHUFFLE_BUFFER, ImageDataset
from pipelines.errors import UserError

flags.disclaim_key_flags()  # --helpshort of a main lists what it has defined here


@dataclasses.dataclass(frozen=True)
class Settings:
    """What determines a run's result, each field the flag of the same name.

    `None` in `num_bridges` and `latent_weight` means the method's default.
    """

    dataset: str
    image_size: int
    shuffle_buffer: int
    method: str
    network: str
    latent_dim: int
    num_bridges: int | None
    width: float
    encoder_objective: str
    bandwidth_scale: float | None
    reconstruction_weight: float
    discriminator_weight: float
    latent_weight: float | None
    batch_size: int
    learning_rate_encoder: float
    learning_rate_decoder: float
    learning_rate_discriminator: float
    adam_beta_1: float
    lr_decay_epochs: tuple[int, ...]
    lr_decay_factors: tuple[float, ...]
    mixed_precision: bool
    seed: int

    @classmethod
    def from_flags(cls, values: flags.FlagValues) -> "Settings":
        """Returns the settings that the parsed flags hold."""
        fields = {field.name: getattr(values, field.name) for field in dataclasses.fields(cls)}
        as_tuples = {name: tuple(fields[name]) for name in ("lr_decay_epochs", "lr_decay_factors")}
        return cls(**{**fields, **as_tuples})


def define_workdir_flag() -> None:
    """Defines --workdir."""
    with help_page.topic("Run"):
        flags.DEFINE_string("workdir", None, "Folder of the run.", required=True)


def define_evaluation_flags() -> None:
    """Defines the flags of what is scored, and with which network."""
    with help_page.topic("Evaluation"):
        flags.DEFINE_enum(
            "extractor",
            "auto",
            EXTRACTORS,
            "Network whose features are compared; auto: inception2015 where --inception_graph is "
            "given, else classifier where the data have labels, else none.",
        )
        flags.DEFINE_string(
            "inception_graph",
            None,
            "Path or URL of classify_image_graph_def.pb, the network of the standard FID, or of "
            f"the archive that holds it: {ARCHIVE_URL}",
        )
        flags.DEFINE_integer("num_samples", 20_000, "New images to score.", lower_bound=4)
        flags.DEFINE_integer(
            "num_codes", 60_000, "Training images to encode, at most.", lower_bound=4
        )


def define_run_flags() -> None:
    """Defines the flags of the run's folder and of what is watched."""
    define_workdir_flag()
    with help_page.topic("Run"):
        flags.DEFINE_integer(
            "log_every", 10, "Steps between two values of each curve in TensorBoard.", lower_bound=1
        )
        flags.DEFINE_integer(
            "evaluate_every", 10, "Epochs between two evaluations; 0 for none.", lower_bound=0
        )
        flags.DEFINE_integer(
            "pictures_every", 1, "Epochs between two sets of pictures.", lower_bound=1
        )


def define_model_flags() -> None:
    """Defines the flags of the method, the networks and the loss."""
    with help_page.topic("Model and loss"):
        flags.DEFINE_enum("method", "ivaae_radial", list(methods.METHODS), "What to train.")
        flags.DEFINE_enum(
            "network", "fully_connected", list(NETWORKS), "Networks of Table 3 or of Table 4."
        )
        flags.DEFINE_integer("image_size", 64, "Side of the images, in pixels.", lower_bound=8)
        flags.DEFINE_integer("latent_dim", 16, "d, dimension of the codes.", lower_bound=1)
        flags.DEFINE_integer(
            "num_bridges", None, "t; by default 4 for the ivaae methods.", lower_bound=1
        )
        flags.DEFINE_float(
            "width", 1.0, "Factor on the width of every hidden layer.", lower_bound=0
        )
        flags.DEFINE_enum(
            "encoder_objective",
            "prior",
            list(ENCODER_OBJECTIVES),
            "What the encoder minimises against the discriminator.",
        )
        flags.DEFINE_float(
            "bandwidth_scale",
            None,
            "Factor on the kernel bandwidth of ivaae_svgd; by default 100.",
            lower_bound=0,
        )
        flags.DEFINE_float("reconstruction_weight", 1.0, "λ.", lower_bound=0)
        flags.DEFINE_float(
            "discriminator_weight",
            1.0,
            "μ₁; Adam's steps do not depend on it but through their epsilon.",
            lower_bound=0,
        )
        flags.DEFINE_float(
            "latent_weight",
            None,
            f"μ₂; by default 2/(t+1), and {methods.MMD_LATENT_WEIGHT:g} for wae_mmd.",
            lower_bound=0,
        )


def define_training_flags() -> None:
    """Defines the flags of the optimization and of the machine it runs on."""
    with help_page.topic("Optimization"):
        flags.DEFINE_integer("epochs", 300, "Epochs to train in all.", lower_bound=1)
        flags.DEFINE_integer("batch_size", 64, "Images in a (global) batch.", lower_bound=2)
        for network, rate in (("encoder", 5e-5), ("decoder", 1e-4), ("discriminator", 1e-4)):
            flags.DEFINE_float(
                f"learning_rate_{network}", rate, f"Adam's first learning rate for the {network}."
            )
        flags.DEFINE_float("adam_beta_1", 0.5, "β₁ of Adam.", lower_bound=0, upper_bound=1)
        _define_numbers(
            "lr_decay_epochs",
            int,
            "Epochs at which the learning rates decay, such as 30,50,100; empty for none.",
        )
        _define_numbers("lr_decay_factors", float, "Factor at each of --lr_decay_epochs.")
        flags.DEFINE_integer(
            "seed", 0, "Seed of weights, order of images and noise.", lower_bound=0
        )
        flags.DEFINE_integer(
            "shuffle_buffer",
            SHUFFLE_BUFFER,
            "Images among which the next one is drawn.",
            lower_bound=1,
        )
    with help_page.topic("Machine"):
        flags.DEFINE_bool("mixed_precision", False, "Compute in bfloat16, keep weights in float32.")
        flags.DEFINE_bool("jit_compile", False, "Compile the training step with XLA.")
        flags.DEFINE_integer(
            "steps_per_execution", 1, "Steps between two looks at the losses.", lower_bound=1
        )
        flags.DEFINE_enum("distribution", "auto", distribution.CHOICES, "Devices to train on.")
        flags.DEFINE_string(
            "cache",
            "auto",
            "Where resized images are kept between epochs: auto, none, memory, or a folder of "
            "files; auto: memory where they take less than a quarter of what is free, else a file "
            "beside the records, none where there is no room for it.",
        )


def _define_numbers(name: str, number: type[int] | type[float], help_text: str) -> None:
    """Defines a flag of numbers with commas between them.

    A later one replaces an earlier one, as of any other flag; absl's own lists of numbers take each
    flag as one more number, so that nobody could shorten the list of a flagfile.
    """

    class Parser(flags.ListParser):
        def parse(self, argument):
            try:
                return [number(text) for text in super().parse(argument)]
            except ValueError as error:
                raise ValueError(f"expected numbers with commas between them ({error})") from error

    flags.DEFINE(Parser(), name, [], help_text, serializer=flags.ListSerializer(","))


def make_evaluator(values: flags.FlagValues, dataset: ImageDataset, image_size: int) -> Evaluator:
    """Returns the evaluator that the parsed flags ask for.

    Raises:
        UserError: If what its extractor needs is not there.
    """
    cache_dir = Path(values.data_dir) / "evaluation"
    extractor = make_extractor(
        values.extractor, dataset, image_size, cache_dir, values.inception_graph
    )
    return Evaluator(
        dataset, image_size, extractor, cache_dir, values.num_samples, values.num_codes
    )


def build_model(settings: Settings, image_shape: tuple[int, int, int]) -> InterventionAutoencoder:
    """Returns the model of the settings, not yet compiled.

    Raises:
        UserError: If the settings do not fit together.
    """
    options = {}
    if settings.bandwidth_scale is not None:
        options["bandwidth_scale"] = settings.bandwidth_scale
    try:
        return methods.build_model(
            settings.method,
            network=settings.network,
            image_shape=image_shape,
            latent_dim=settings.latent_dim,
            num_bridges=settings.num_bridges,
            width=settings.width,
            encoder_objective=settings.encoder_objective,
            reconstruction_weight=settings.reconstruction_weight,
            discriminator_weight=settings.discriminator_weight,
            latent_weight=settings.latent_weight,
            intervention_options=options,
            seed=settings.seed,
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def steps_per_epoch(settings: Settings, num_images: int) -> int:
    """Returns the number of whole batches in an epoch.

    Raises:
        UserError: If there is none.
    """
    if settings.batch_size > num_images:
        raise UserError(
            f"--batch_size must be at most the {num_images} training images; "
            f"found {settings.batch_size}"
        )
    return num_images // settings.batch_size


def make_optimizers(settings: Settings, steps_per_epoch: int) -> dict[str, FusedAdam]:
    """Returns the three optimizers, as the keyword arguments of the model's `compile`.

    Raises:
        UserError: If the decay epochs and factors do not fit together.
    """

    def optimizer(network: str) -> FusedAdam:
        learning_rate = decay_at_epochs(
            getattr(settings, f"learning_rate_{network}"),
            settings.lr_decay_epochs,
            settings.lr_decay_factors,
            steps_per_epoch,
        )
        return FusedAdam(learning_rate, beta_1=settings.adam_beta_1, name=f"{network}_adam")

    networks = ("encoder", "decoder", "discriminator")
    try:
        return {f"{network}_optimizer": optimizer(network) for network in networks}
    except ValueError as error:
        raise UserError(f"--lr_decay_epochs, --lr_decay_factors: {error}") from error
