"""The settings of a second stage, which need no TensorFlow."""

import dataclasses

from ivaae_tf.recorded_settings import RecordedSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageSettings(RecordedSettings):
    """The settings that determine a second stage, except its codes and epochs.

    Each field is the flag of the same name of `ivaae second_stage`, with the same default; the
    defaults are those of Dai and Wipf (2019).
    """

    width: float = 1.0
    batch_size: int = 64
    learning_rate: float = 1e-4
    lr_decay_epochs: tuple[int, ...] = (300, 600)
    lr_decay_factors: tuple[float, ...] = (0.5, 0.5)
    seed: int = 0
