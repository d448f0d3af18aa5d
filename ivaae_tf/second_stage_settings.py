"""The settings of a second stage, which need no TensorFlow."""

import dataclasses

from ivaae_tf.program.ranges import EPOCHS, SEEDS
from ivaae_tf.setting_fields import (
    BATCH_SIZES,
    DECAY_FACTORS,
    LEARNING_RATES,
    WIDTHS,
    RecordedSettings,
    check_decay,
    number,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageSettings(RecordedSettings):
    """The settings that determine a second stage, except its codes and epochs.

    Each field is the flag of the same name of `ivaae second_stage`, with the same default; the
    defaults are those of Dai and Wipf (2019).
    """

    width: float = number(1.0, WIDTHS)
    batch_size: int = number(64, BATCH_SIZES)
    learning_rate: float = number(1e-4, LEARNING_RATES, only_trains=True)
    lr_decay_epochs: tuple[int, ...] = number((300, 600), EPOCHS, only_trains=True)
    lr_decay_factors: tuple[float, ...] = number((0.5, 0.5), DECAY_FACTORS, only_trains=True)
    seed: int = number(0, SEEDS)

    def check(self, *, to_train: bool = True) -> None:
        """Checks the numbers one by one and together.

        Args:
            to_train: Whether what only the training needs is checked, too.

        Raises:
            SettingsError: If one is not in its range, or the decay is not one.
        """
        super().check(to_train=to_train)
        if to_train:
            check_decay([self.learning_rate], self.lr_decay_epochs, self.lr_decay_factors)
