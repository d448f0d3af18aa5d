"""The settings of a run, without TensorFlow; `models/build.py` makes the model from them."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

from ivaae_tf import methods
from ivaae_tf.methods import METHODS, Method
from ivaae_tf.program.image_sizes import SIDES
from ivaae_tf.program.ranges import EPOCHS, IMAGES, Range
from ivaae_tf.setting_fields import (
    BATCH_SIZES,
    CONDITIONAL_HELP,
    CROP_HELP,
    DECAY_EPOCHS_HELP,
    DECAY_FACTORS,
    DECAY_FACTORS_HELP,
    EMA_DECAY_HELP,
    ENCODER_OBJECTIVE_HELP,
    INPUT_NOISE_HELP,
    LEARNING_RATES,
    LIKELIHOOD_HELP,
    NUM_BRIDGES_HELP,
    NUM_CATEGORIES_HELP,
    NUM_LABELS_HELP,
    PRIOR_BY_LABEL_HELP,
    PRIOR_HELP,
    WIDTHS,
    NetworkNames,
    RecordedSettings,
    SettingsError,
    check_allowed,
    check_decay,
    frozen,
    setting,
)
from ivaae_tf.setting_rules import broken_rules

# Axes of an example -> the kind of the data.
KINDS = {3: "images", 2: "signals", 1: "vectors"}
FITS = ("crop", "pad", "stretch")  # how images get the ratio of their size
_DEFAULT_POSTERIOR_SCALE = 0.7  # of fixed_variance, as in the authors' code
_DEFAULT_PRIOR_COMPONENTS = 10  # as in Figure 2 of Makhzani et al. (2015)

# λ, μ₁, μ₂, κ and ρ: settings, and arguments of the model.
WEIGHTS = (
    *("reconstruction_weight", "discriminator_weight"),
    *("latent_weight", "posterior_weight", "regularizer_weight"),
)

# Settings that a resumed run may change with --allow_change.
MAY_CHANGE = ("learning_rate_encoder", "learning_rate_decoder", "learning_rate_discriminator")

AUTO = "auto"  # the value of --mixed_precision that a run replaces by what is faster

_WEIGHTS = Range(0.0, 1e9)
_SCALES = Range(1e-6, 1e6)

_model = functools.partial(setting, topic="Model and loss")
_optimization = functools.partial(setting, topic="Optimization")
_training = functools.partial(_optimization, only_trains=True)
_machine = functools.partial(setting, topic="Machine")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(RecordedSettings):
    """The settings that determine a run's result, except data and epochs; always complete.

    Each field is the flag of the same name, with its default, range and help. The default of a new
    field must keep the earlier behavior, because records of older runs do not have the field. None
    becomes the method's default when the settings are made.

    Raises:
        SettingsError: If the method is unknown.
    """

    dataset: str = "digits"
    method: str = _model("ivaae_radial", tuple(METHODS), "Method to train.")
    network: str = _model(
        "fully_connected",
        NetworkNames(methods.NETWORKS),
        "Networks: the first for MNIST, the others for photos, module:Name for your own.",
    )
    kind: str | None = _model(
        None,
        tuple(KINDS.values()),
        "What --array has: images, vectors (rows of numbers) or signals (channels over time); by "
        "default vectors if its shape is (n, d), else images.",
    )
    image_size: int | tuple[int, int] = _model(64, SIDES, "Side in pixels, or height,width.")
    fit: str = _model(
        "crop",
        FITS,
        "How images get the ratio of --image_size: crop the center, pad with black, or stretch.",
    )
    crop: int | None = _model(None, Range(8, 100_000), CROP_HELP)
    latent_dim: int = _model(16, Range(1, 4096), "d, dimension of the codes.")
    num_bridges: int = _model(None, Range(1, 256), NUM_BRIDGES_HELP)
    width: float = _model(
        1.0, WIDTHS, "Scales all hidden layers: 1 for the paper's networks, 0.25 for CPUs."
    )
    encoder_objective: str = _model("prior", methods.ENCODER_OBJECTIVES, ENCODER_OBJECTIVE_HELP)
    block_order: str | None = _model(
        None,
        methods.BLOCK_ORDERS,
        "ivaae_blockwise: the blocks are replaced in a fixed order (default, as in the paper), or "
        "in a random order, new for each batch, which pulls all of them equally.",
    )
    bandwidth_scale: float | None = _model(
        None, _SCALES, "ivaae_svgd: scales the kernel bandwidth; by default 100, as in the paper."
    )
    encoder_steps: int | None = _model(
        None, Range(1, 100), "ivgan: steps of the encoder per batch; by default 10."
    )
    encoder_game: str | None = _model(
        None,
        methods.ENCODER_GAMES,
        "ivgan: the encoder helps (default, as in the authors' code) or opposes the classifier of "
        "the blocks.",
    )
    encoder_reconstruction: bool | None = _model(
        None,
        bool,
        "ivgan: the encoder also minimizes the reconstruction loss; by default it does not.",
    )
    reconstruction_weight: float = _model(
        1.0,
        _WEIGHTS,
        "λ, weight of the reconstruction loss. Use 4 at 32×32 and 1 at 64×64 pixels. For ivgan, "
        "η = 0.25 λ.",
        only_trains=True,
    )
    discriminator_weight: float = _model(
        1.0,
        _WEIGHTS,
        "μ₁, weight of the discriminator's loss. With Adam it has almost no effect; leave it at 1.",
        only_trains=True,
    )
    latent_weight: float = _model(
        None,
        _WEIGHTS,
        "μ₂, weight of the latent loss: higher values give codes closer to the prior and blurrier "
        f"reconstructions. By default 2/(t+1), {methods.MMD_LATENT_WEIGHT:g} for wae_mmd and "
        "infovae. For ivgan γ, by default 0.5.",
        only_trains=True,
    )
    prior: str = _model("gaussian", methods.PRIORS, PRIOR_HELP)
    prior_components: int | None = _model(
        None, Range(2, 1000), "Components of --prior=mixture; by default 10."
    )
    prior_by_label: bool = _model(False, bool, PRIOR_BY_LABEL_HELP)
    num_categories: int = _model(0, Range(0, 1000), NUM_CATEGORIES_HELP)
    num_labels: int | None = _model(None, Range(0, IMAGES.high), NUM_LABELS_HELP)
    label_weight: float = _model(
        1.0, _SCALES, "σ, weight of the cross-entropy of labeled images.", only_trains=True
    )
    conditional: bool = _model(False, bool, CONDITIONAL_HELP)
    input_noise: float = _model(0.0, Range(0.0, 100.0), INPUT_NOISE_HELP, only_trains=True)
    posterior: str = _model(None, methods.POSTERIORS, "Posterior q(z|x); by default the method's.")
    posterior_weight: float = _model(
        None,
        _WEIGHTS,
        "κ, weight of the posterior's penalty: the KL divergence to the prior, or ½‖z‖² for point.",
        only_trains=True,
    )
    posterior_scale: float | None = _model(
        None, _SCALES, "Standard deviation of the codes with --posterior=fixed_variance."
    )
    likelihood: str = _model(None, methods.LIKELIHOODS, LIKELIHOOD_HELP)
    decoder_regularizer: str = _model(
        None,
        methods.DECODER_REGULARIZERS,
        "Regularizer that smooths the decoder of rae_*; by default the method's.",
    )
    regularizer_weight: float = _model(
        None, _WEIGHTS, "ρ, weight of the decoder regularizer's penalty.", only_trains=True
    )
    batch_size: int = _optimization(64, BATCH_SIZES, "Images per batch, over all devices.")
    labeled_batch_size: int = _optimization(64, BATCH_SIZES, "Labeled images per batch.")
    learning_rate_encoder: float = _training(
        5e-5,
        LEARNING_RATES,
        "Initial learning rate of Adam for the encoder; --learning_rate sets encoder and decoder.",
    )
    learning_rate_decoder: float = _training(
        1e-4, LEARNING_RATES, "Initial learning rate of Adam for the decoder."
    )
    learning_rate_discriminator: float = _training(
        1e-4, LEARNING_RATES, "Initial learning rate of Adam for the discriminator."
    )
    adam_beta_1: float = _training(0.5, Range(0.0, 0.999999), "β₁ of Adam.")
    lr_decay_epochs: tuple[int, ...] = _training((), EPOCHS, DECAY_EPOCHS_HELP)
    lr_decay_factors: tuple[float, ...] = _training((), DECAY_FACTORS, DECAY_FACTORS_HELP)
    gradient_clip_norm: float = _training(
        0.0,
        Range(0.0, 1e9),
        "Maximum norm of each network's gradient (Keras global_clipnorm); 0 for no clipping.",
    )
    ema_decay: float = _optimization(0.0, Range(0.0, 0.999999), EMA_DECAY_HELP)
    horizontal_flip: bool = _optimization(
        False, bool, "Mirror each training image with a probability of a half."
    )
    init_from: str | None = None
    seed: int = _optimization(  # the seeds that Keras accepts
        0, Range(0, 2**32 - 1), "Seed of the weights, the image order and the noise."
    )
    shuffle_buffer: int = _optimization(16384, IMAGES, "Size of the shuffle buffer, in images.")
    mixed_precision: bool = _machine(False, bool, "")
    jit_compile: bool = _machine(False, bool, "Compile the training step with XLA.")

    def __post_init__(self) -> None:
        """Fills in the method's defaults for None."""
        num_bridges = self.method_row.default_num_bridges
        # With categories: a new category with the same point is the only rung between.
        self._fill({"num_bridges": min(2, num_bridges) if self.num_categories else num_bridges})
        if self.prior == "mixture":
            self._fill({"prior_components": _DEFAULT_PRIOR_COMPONENTS})
        self._fill(self.method_row.defaults(self.num_bridges, self.prior))
        if self.posterior == "fixed_variance":
            self._fill({"posterior_scale": _DEFAULT_POSTERIOR_SCALE})

    def _fill(self, defaults: Mapping[str, Any]) -> None:
        for name, default in defaults.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)  # The class is frozen.

    @classmethod
    def from_flags(cls, values: Mapping[str, Any]) -> Self:
        """Returns the settings from the values of parsed flags, or from a whole record.

        With --mixed_precision=auto they are in float32 until `precision` chooses.

        Raises:
            KeyError: If a setting is missing.
        """
        return super().from_flags({**values, "mixed_precision": values["mixed_precision"] is True})

    @classmethod
    def from_record(cls, recorded: Mapping[str, Any]) -> "Settings":
        """Returns the settings of a run's record.

        Args:
            recorded: Name -> value, from JSON. A missing setting gets its default.

        Raises:
            SettingsError: If a setting or the method is unknown to this version.
        """
        if unknown := recorded.keys() - _FIELDS.keys():
            raise SettingsError(f"unknown settings: {', '.join(sorted(unknown))}")
        return cls(**{name: frozen(value) for name, value in recorded.items()})

    @property
    def sampler(self) -> str:
        """The name of the method's sampler of codes for new images."""
        return self.method_row.sampler

    @property
    def code_dim(self) -> int:
        """The dimension of a code, with its category."""
        return self.num_categories + self.latent_dim

    @property
    def learns_labels(self) -> bool:
        """Whether the categories are learned from labeled images."""
        return self.num_categories > 0 and self.num_labels != 0

    @property
    def batches_have_labels(self) -> bool:
        """Whether the label of each training image is used."""
        return self.conditional or self.prior_by_label

    @property
    def method_row(self) -> Method:
        """The row of the method in the table.

        Raises:
            SettingsError: If the method is unknown.
        """
        check_allowed("method", self.method, tuple(METHODS))
        return METHODS[self.method]

    def check(self, *, to_train: bool = True) -> None:
        """Checks settings one by one and together.

        Args:
            to_train: Whether what only the training needs is checked, too.

        Raises:
            SettingsError: If a name is unknown, a number is not in its range, or they do not fit.
        """
        super().check(to_train=to_train)
        for problem in broken_rules(self, Settings(method=self.method)):
            raise SettingsError(problem)
        if to_train:
            rates = [getattr(self, name) for name in MAY_CHANGE]
            check_decay(rates, self.lr_decay_epochs, self.lr_decay_factors)


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
