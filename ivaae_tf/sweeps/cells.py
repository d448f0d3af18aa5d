"""The cells of a sweep: all combinations of the values of some flags."""

import itertools
import math
import re
from collections.abc import Mapping, Sequence

from ivaae_tf.program.errors import UserError

Cell = Mapping[str, str]  # name of a flag -> its value as text

_MOST_CELLS = 10_000


def parse_variation(text: str) -> tuple[str, list[str]]:
    """Returns the name and the values in a text such as "latent_weight=0.4,1.2,4".

    Raises:
        UserError: If it has another form, or a value cannot be a part of a folder's name.
    """
    name, _, rest = text.partition("=")
    if not (name and rest):
        raise UserError(
            f"--vary={text}: expected a flag and its values, such as latent_weight=0.4,1.2,4"
        )
    values = rest.split(",")
    for value in values:
        if not re.fullmatch(r"[A-Za-z0-9_.+-]+", value):
            raise UserError(
                f"--vary={text}: {value!r} cannot be a part of a folder's name; expected letters, "
                "digits and _ . + -"
            )
    return name.replace("-", "_"), values


def product(variations: Mapping[str, Sequence[str]]) -> list[Cell]:
    """Returns the cells of all combinations.

    Args:
        variations: Name of a flag -> its values.

    Raises:
        UserError: If there are more than 10,000 combinations.
    """
    count = math.prod(map(len, variations.values()))
    if count > _MOST_CELLS:
        raise UserError(f"--vary: {count:,} combinations; expected at most {_MOST_CELLS:,}")
    return [
        dict(zip(variations, values, strict=True))
        for values in itertools.product(*variations.values())
    ]


def name_of(cell: Cell) -> str:
    """Returns the name of a cell's folder, such as "latent_weight=0.4,num_bridges=1"."""
    return ",".join(f"{name}={value}" for name, value in cell.items())
