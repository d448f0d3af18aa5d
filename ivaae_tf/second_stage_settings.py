"""The settings of a second stage, without TensorFlow."""

import dataclasses
import functools

from ivaae_tf.program.ranges import EPOCHS, SEEDS
from ivaae_tf.setting_fields import (
    BATCH_SIZES,
    DECAY_EPOCHS_HELP,
    DECAY_FACTORS,
    DECAY_FACTORS_HELP,
    LEARNING_RATES,
    WIDTHS,
    RecordedSettings,
    check_decay,
    setting,
)

_setting = functools.partial(setting, topic="Optimization")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageSettings(RecordedSettings):
    """The settings that determine a second stage, except its codes and epochs.

    Each field is the flag of the same name of `ivaae second_stage`, with the same default. The
    defaults are from Dai and Wipf (2019).
    """

    batch_size: int = _setting(64, BATCH_SIZES, "Codes per batch.")
    learning_rate: float = _setting(
        1e-4, LEARNING_RATES, "Initial learning rate of Adam.", only_trains=True
    )
    lr_decay_epochs: tuple[int, ...] = _setting(
        (300, 600), EPOCHS, DECAY_EPOCHS_HELP, only_trains=True
    )
    lr_decay_factors: tuple[float, ...] = _setting(
        (0.5, 0.5), DECAY_FACTORS, DECAY_FACTORS_HELP, only_trains=True
    )
    width: float = _setting(1.0, WIDTHS, "Scales all hidden layers.")
    seed: int = _setting(0, SEEDS, "Seed of the weights, the order and the noise.")

    def check(self, *, to_train: bool = True) -> None:
        """Checks the numbers one by one and together.

        Args:
            to_train: Whether to check the settings that only the training needs.

        Raises:
            SettingsError: If one is not in its range, or the decay is not valid.
        """
        super().check(to_train=to_train)
        if to_train:
            check_decay([self.learning_rate], self.lr_decay_epochs, self.lr_decay_factors)
