"""Settings of the timed training steps."""

import dataclasses
from collections.abc import Mapping

_TABLE = {
    "mnist": ("fully_connected", (64, 64, 1), 16, 64, 1.0),
    "convolutional": ("convolutional", (64, 64, 3), 64, 32, 0.5),
}


@dataclasses.dataclass(frozen=True)
class StepSettings:
    """Settings of the step "mnist", as in mnist_ivaae_radial, or of the step "convolutional".

    The convolutional step has half the width of Table 4 and 32 images in a batch. A count of 0 is
    replaced by the value of the named step, or by the default of t.
    """

    name: str = "mnist"
    method: str = "ivaae_radial"
    num_bridges: int = 0
    batch_size: int = 0
    latent_dim: int = 0
    factor: float = 1.0
    jit_compile: bool = False
    mixed_precision: bool = False

    def __post_init__(self):
        _, _, latent_dim, batch_size, _ = _TABLE[self.name]
        object.__setattr__(self, "latent_dim", self.latent_dim or latent_dim)
        object.__setattr__(self, "batch_size", self.batch_size or batch_size)

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "StepSettings":
        """Returns the settings from texts, such as arguments of a command line."""
        types = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        return cls(
            **{
                name: text in ("True", True) if types[name] is bool else types[name](text)
                for name, text in values.items()
            }
        )

    @property
    def network(self) -> str:
        """A name of `NETWORKS`."""
        return _TABLE[self.name][0]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return _TABLE[self.name][1]

    @property
    def width(self) -> float:
        """The factor on the width of the hidden layers."""
        return _TABLE[self.name][4] * self.factor
