"""Comparisons of cells: ratios of FLD, and shares of seeds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.stats

from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from results.run import Record
from results.statistics import Interval
from results.synthetic.cells import NUM_POINTS, Conditions

# A seed drifts if its FLD ends this many times above its lowest.
DRIFT = 1.1


class Share(NamedTuple):
    """Seeds of which something is true, with the 95 % interval of their share.

    The interval is by Clopper and Pearson.
    """

    num_true: int
    num_seeds: int
    low: float
    high: float

    @classmethod
    def of(cls, flags: np.ndarray) -> "Share":
        """Returns the share of true flags, of at least one."""
        num_true, num_seeds = int(np.sum(flags)), len(flags)
        interval = scipy.stats.binomtest(num_true, num_seeds).proportion_ci(0.95, "exact")
        return cls(num_true, num_seeds, float(interval.low), float(interval.high))

    @property
    def text(self) -> str:
        """The share as "3 of 20 [3 %, 38 %]"."""
        low, high = (f"{100 * value:.0f} %" for value in self[2:])
        return f"{self.num_true} of {self.num_seeds} [{low}, {high}]"


def conditions_of(record: Record) -> Conditions:
    """Returns the conditions of a cell."""
    return Conditions(*(record.fact(name) for name in ("d", "data_dim", "distance", "speed")))


def values(record: Record, name: str) -> np.ndarray:
    """Returns a value of each seed; nan if there is none."""
    return np.array([float(seed[name]) for seed in record.outcome.tables["seeds"]])


def course(record: Record, name: str) -> tuple[list[int], list[float]]:
    """Returns the steps and the values of a statistic over all seeds; nan where there is none."""
    history = record.outcome.history
    return list(history), [averages.get(name, np.nan) for averages in history.values()]


def at_step(record: Record, name: str, step: int) -> float:
    """Returns a statistic over all seeds at a step."""
    return record.outcome.history[step].get(name, np.nan)


def fld_ratio(record: Record, reference: Record) -> Interval:
    """Returns the logarithm of the ratio of two cells' FLDs, with Welch's interval."""
    return Interval.between(*(np.log(values(each, "fld")) for each in (record, reference)))


def fld_of_true_codes(conditions: Conditions) -> float:
    """Returns the expected FLD of u itself, with zeros for further dimensions."""
    floor = expected_frechet_latent_distance(NUM_POINTS, conditions.data_dim)
    return conditions.d - conditions.data_dim + floor


def has_failed(record: Record) -> np.ndarray:
    """Returns for each seed if its last FLDs have a median above d/4, or are not finite."""
    return ~(values(record, "fld_of_last_three") <= record.fact("d") / 4)


def drifts(record: Record) -> Share:
    """Returns the seeds whose FLD ends more than 10 % above its lowest."""
    return Share.of(~(values(record, "fld") <= DRIFT * values(record, "lowest_fld")))


def rise(record: Record) -> Interval:
    """Returns the logarithm of the last FLD divided by the lowest, with Student's interval."""
    return Interval.of(np.log(values(record, "fld") / values(record, "lowest_fld")).tolist())


def verdict(share: Share, is_most: bool) -> str:
    """Returns whether an interval confirms that most seeds, or that not most seeds, are counted.

    Returns:
        "confirmed" if the interval is on the claimed side of one half, "refuted" if it is on the
        other side, or "open".
    """
    if share.low <= 0.5 <= share.high:
        return "open"
    return "confirmed" if (share.low > 0.5) == is_most else "refuted"


def find(records: Sequence[Record], **facts: str | float) -> Record | None:
    """Returns the first record with these facts, or None."""
    return next((each for each in records if facts.items() <= each.run.facts.items()), None)
