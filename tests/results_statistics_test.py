"""Statistics of results/: intervals and fronts."""

import itertools

import numpy as np
import scipy.stats

from results import fronts
from results.statistics import Interval, front_at, pareto_front
from tests.results_records import record


def test_the_interval_is_students():
    values = [1.0, 2.5, 4.0]
    half = scipy.stats.t.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
    p = 2 * scipy.stats.t.sf(2.5 / (np.std(values, ddof=1) / np.sqrt(3)), 2)
    np.testing.assert_allclose(Interval.of(values), (2.5, 2.5 - half, 2.5 + half, p))
    assert np.isnan(Interval.of([1.0]).low)


def test_the_interval_of_a_difference_is_welchs():
    values, others = np.array([1.0, 2.5, 4.0]), np.array([0.5, 0.6, 0.9, 0.1, 0.2, 0.8])
    errors = np.array([each.var(ddof=1) / each.size for each in (values, others)])
    # The Welch-Satterthwaite equation.
    freedom = errors.sum() ** 2 / (errors**2 / [values.size - 1, others.size - 1]).sum()
    half = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(errors.sum())
    mean = values.mean() - others.mean()
    found = Interval.between(values, others)
    p = 2 * scipy.stats.t.sf(mean / np.sqrt(errors.sum()), freedom)
    np.testing.assert_allclose(found, (mean, mean - half, mean + half, p))
    np.testing.assert_allclose(found.exp, (*np.exp(found[:3]), p))
    assert np.isnan(Interval.between([1.0], [2.0, 3.0]).low)


def test_the_front_has_exactly_the_points_that_none_beats():
    points = [tuple(point) for point in np.random.default_rng(0).random((60, 2))]
    beaten = {a for a, b in itertools.permutations(points, 2) if b[0] <= a[0] and b[1] <= a[1]}
    assert set(pareto_front(points)) == set(points) - beaten


def test_the_front_is_interpolated_on_lines_of_the_logarithm():
    points = [(1.0, 100.0), (3.0, 1.0), (2.0, 200.0)]
    found = front_at(points, np.array([0.5, 1.0, 2.0, 3.0, 9.0]))
    np.testing.assert_allclose(found, [np.nan, 100, 10, 1, 1])


def fronts_of(seeds, method, factor, first_sse=40):
    """Returns records whose SSE rises by 1, and FLD falls from `factor` × (2 + the seed)."""
    return [
        record(
            {"method": method, "weight": weight, "seed": seed},
            {"reconstruction_sse": first_sse + index, "fld": factor * (2 + seed) / 10**index},
        )
        for seed in seeds
        for index, weight in enumerate(fronts.WEIGHTS[method])
    ]


def test_flds_are_those_of_the_fronts_at_an_sse():
    records = fronts_of([0, 2], "ivaae_radial", 1.0)
    records += fronts_of([0, 1, 2], "aae", 4.0, first_sse=41)
    found = [fronts.log_flds(records, each, 42.5) for each in ("ivaae_radial", "aae")]
    np.testing.assert_allclose(np.exp(found[0]), np.array([2, 4]) / 10**2.5)
    np.testing.assert_allclose(np.exp(found[1]), np.array([8, 12, 16]) / 10**1.5)
    lowest = fronts.log_flds(records, "ivaae_radial", np.inf)
    np.testing.assert_allclose(np.exp(lowest), [2e-4, 4e-4])
    # Fronts that begin later, and a method that has not been run.
    assert fronts.log_flds(records, "aae", 40.5) == []
    assert fronts.log_flds(records, "wae_gan", 42.5) == []


def test_sses_are_those_of_the_fronts_at_an_fld():
    records = fronts_of([0, 2], "ivaae_radial", 1.0)  # FLD 2 and 4 at 40, a tenth for each 1 more
    np.testing.assert_allclose(fronts.lowest_sses(records, "ivaae_radial", 9), [40, 40])
    found = fronts.lowest_sses(records, "ivaae_radial", 0.2)
    np.testing.assert_allclose(found, [41, 41 + np.log10(2)])
    assert fronts.lowest_sses(records, "ivaae_radial", 3e-4) == []  # the second has 4e-4
