"""Quantities that claims are about: condition -> method -> one value per seed.

A ratio is a quantity of logarithms. What differs between the sides of a comparison is called the
method here: the method itself, a variant of it, or a program.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.averages.__main__ import SEEDS, log_ratios
from results.block_order.__main__ import fresh
from results.bridges.__main__ import probe_error
from results.cifar10_controls.__main__ import EQUAL_PULLS, groups_of, values_at
from results.collapse.__main__ import EPOCHS, with_seeds
from results.fronts import FLDS, WEIGHTS, log_flds, lowest_sses, points, sse_title
from results.full_size.__main__ import BEST_WEIGHTS
from results.latent_dim.__main__ import cells_by_dimension
from results.mnist_runs import RATES
from results.rates.__main__ import METHODS, Cell, best_reconstruction, by_cell, nearest
from results.run import Record, log_scores
from results.stability.__main__ import curve
from results.trade_off.__main__ import GOAL

Conditions = Mapping[str, Mapping[str, Sequence[float]]]
Quantity = Callable[[Sequence[Record]], Conditions]
OfRecord = Callable[[Record], float]

FRECHET = "frechet_classifier"
_SSES = (44.4, 46, 48, 50, 54)


def fld_at_sse(records: Sequence[Record]) -> Conditions:
    """Returns log FLDs at some SSEs of the trade-off."""
    return {sse_title(x): {each: log_flds(records, each, x) for each in WEIGHTS} for x in _SSES}


def lowest_fld(records: Sequence[Record]) -> Conditions:
    """Returns the logarithms of the lowest FLDs over the weights of the trade-off."""
    return {"": {each: log_flds(records, each, np.inf) for each in WEIGHTS}}


def sse_at_fld(records: Sequence[Record]) -> Conditions:
    """Returns the SSEs at some FLDs of the trade-off."""
    return {f"FLD ≤ {x:g}": {each: lowest_sses(records, each, x) for each in WEIGHTS} for x in FLDS}


def lowest_frechet(records: Sequence[Record]) -> Conditions:
    """Returns the logarithms of the lowest Fréchet distances over the weights of the trade-off."""
    of_seeds = {each: points(records, each, FRECHET).values() for each in WEIGHTS}
    lowest = {
        each: [min(y for _, y in pairs) for pairs in seeds] for each, seeds in of_seeds.items()
    }
    return {"": {each: np.log(values).tolist() for each, values in lowest.items()}}


def by_rates(score: str) -> Quantity:
    """Returns log scores with each of a study's learning rates and multiples of the best weight."""

    def quantity(records: Sequence[Record]) -> Conditions:
        found: dict[str, dict[str, list[float]]] = defaultdict(dict)
        for cell, group in by_cell(records).items():
            condition = f"{RATES[cell.rates].values}, {_times_best_weight(cell)}"
            found[condition][cell.method] = log_scores(group, score)
        return found

    return quantity


def fld_to_last_step(records: Sequence[Record]) -> Conditions:
    """Returns log FLD ratios of averaged weights to the last step's, within each seed."""
    found: dict[str, dict[str, list[float]]] = defaultdict(dict)
    for cell, logs in log_ratios(records, "fld").items():
        found[_times_best_weight(cell)][cell.method] = logs
    return found


def _times_best_weight(cell: Cell) -> str:
    return f"{cell.weight / BEST_WEIGHTS[cell.method]:g} × weight"


def fld_to_goal(records: Sequence[Record]) -> Conditions:
    """Returns log FLD / 0.05 of each method, with its weight of the lowest FLD.

    The first seeds have chosen that weight, so the others are also a condition of their own.
    """
    cells = by_cell(records)
    found: dict[str, dict[str, list[float]]] = {"all seeds": {}, "seeds 3–5": {}}
    for method in METHODS:
        group = cells[cell] if (cell := nearest(cells, [method])) else []
        new = [each for each in group if each.fact("seed") not in SEEDS]
        for condition, seeds in zip(found, (group, new), strict=True):
            logs = np.array(log_scores(seeds, "fld")) - np.log(GOAL)
            found[condition][method] = logs.tolist()
    return found


def goal_sse(records: Sequence[Record]) -> Conditions:
    """Returns log SSEs with these weights, and of WAE-MMD's best weight with a low enough FLD."""
    cells = by_cell(records)
    best = {method: nearest(cells, [method]) for method in METHODS}
    best["wae_mmd"] = best_reconstruction(cells, "wae_mmd", GOAL)
    return {
        "all seeds": {
            method: log_scores(cells[cell], "reconstruction_sse")
            for method, cell in best.items()
            if cell is not None
        }
    }


def by_fact(
    name: str, value: OfRecord, condition: Callable[[Record], str] = lambda record: ""
) -> Quantity:
    """Returns a value of each record that has one, by a fact, under a condition."""

    def quantity(records: Sequence[Record]) -> Conditions:
        found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for record in records:
            if np.isfinite(each := value(record)):
                found[condition(record)][record.fact(name)].append(each)
        return found

    return quantity


def of_fresh_seeds(value: OfRecord) -> Quantity:
    """Returns a value of the runs with fresh seeds of the study of the block order."""
    quantity = by_fact("variant", value, lambda record: "fresh seeds")
    return lambda records: quantity(fresh(records))


def on_photos(value: OfRecord) -> Quantity:
    """Returns a value of the runs of the study of collapse that have several seeds."""
    return lambda records: {
        "": {method: list(map(value, group)) for method, group in with_seeds(records).items()}
    }


def in_many_dimensions(records: Sequence[Record]) -> Conditions:
    """Returns log FLDs with the faster discriminator, by d, of the study of dimensions."""
    return {
        f"d = {d}": {name: log_scores(group, "fld") for name, group in groups.items()}
        for d, groups in cells_by_dimension(records).items()
    }


def beside_controls(score: str) -> Quantity:
    """Returns log scores after 40 epochs of the study of controls on photos."""

    def quantity(records: Sequence[Record]) -> Conditions:
        groups = groups_of(records)
        found = {name: values_at(group, score, EPOCHS) for name, group in groups.items()}
        found["wae_mmd"] = found.get("wae_mmd_weight100", [])  # with the weight of the flagfile
        return {"": {name: np.log(values).tolist() for name, values in found.items()}}

    return quantity


def lowest_of_controls(records: Sequence[Record]) -> Conditions:
    """Returns the logarithms of each seed's lowest FLD over the weights that pull equally."""
    groups = groups_of(records)
    found = {}
    for method, names in (("ivaae_radial", EQUAL_PULLS), ("aae", EQUAL_PULLS.values())):
        flds = [values_at(groups[name], "fld", EPOCHS) for name in names if name in groups]
        complete = len(set(map(len, flds))) == 1  # the seeds of a weight are in the same order
        found[method] = np.log(np.min(flds, axis=0)).tolist() if complete else []
    return {"": found}


def log_score(name: str) -> OfRecord:
    """Returns the function of a record's log score."""
    return lambda record: float(np.log(record.score(name).value))


def sse(record: Record) -> float:
    """Returns the SSE."""
    return record.score("reconstruction_sse").value


def dimension(record: Record) -> str:
    """Returns the condition of a dimension of codes."""
    return f"d = {record.fact('latent_dim')}"


def model(record: Record) -> str:
    """Returns the condition of a model of two programs."""
    return str(record.fact("method"))


def cross_entropy(table: str) -> OfRecord:
    """Returns the function of D's last cross-entropy, as a part of a guess's cross-entropy."""
    return lambda record: curve(record, "discriminator_cross_entropy", table)[1][-1]


def gradient(record: Record) -> float:
    """Returns the log norm of the encoder's last gradient."""
    return float(np.log(curve(record, "encoder_gradient_norm")[1][-1]))


def weighted_gradient(record: Record) -> float:
    """Returns the log norm of the encoder's last gradient, times μ₂."""
    return gradient(record) + float(np.log(record.outcome.settings["latent_weight"]))


def probed_error(record: Record) -> float:
    """Returns a probe's test error in percent; nan without a probe."""
    return probe_error(record) if "probe" in record.outcome.tables else np.nan
