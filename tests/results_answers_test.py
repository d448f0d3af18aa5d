"""Comparisons of methods and answers of the studies in results/."""

import itertools

import numpy as np
import pytest
import scipy.stats

from results import answers, choice, fronts, verdicts
from results.choice import Choice
from results.full_size import __main__ as full_size
from results.statistics import Interval, front_at, pareto_front
from results.verdicts import Quantity
from tests.results_records import record


def test_the_interval_is_that_of_scipy():
    values = [1.0, 2.5, 4.0]
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(Interval.of(values), (2.5, *expected))
    assert np.isnan(Interval.of([1.0]).low)


def test_the_interval_of_a_difference_is_welchs():
    values, others = np.array([1.0, 2.5, 4.0]), np.array([0.5, 0.6, 0.9, 0.1, 0.2, 0.8])
    errors = np.array([each.var(ddof=1) / each.size for each in (values, others)])
    # The Welch-Satterthwaite equation.
    freedom = errors.sum() ** 2 / (errors**2 / [values.size - 1, others.size - 1]).sum()
    half = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(errors.sum())
    mean = values.mean() - others.mean()
    found = Interval.between(values, others)
    np.testing.assert_allclose(found, (mean, mean - half, mean + half))
    np.testing.assert_allclose(found.exp, np.exp(found))
    assert np.isnan(Interval.between([1.0], [2.0, 3.0]).low)


def test_the_front_has_exactly_the_points_that_none_beats():
    points = [tuple(point) for point in np.random.default_rng(0).random((60, 2))]
    beaten = {a for a, b in itertools.permutations(points, 2) if b[0] <= a[0] and b[1] <= a[1]}
    assert set(pareto_front(points)) == set(points) - beaten


def test_the_front_is_interpolated_on_lines_of_the_logarithm():
    points = [(1.0, 100.0), (3.0, 1.0), (2.0, 200.0)]
    found = front_at(points, np.array([0.5, 1.0, 2.0, 3.0, 9.0]))
    np.testing.assert_allclose(found, [np.nan, 100, 10, 1, 1])


BELOW, ABOVE, AROUND = [-0.3, -0.31, -0.29], [0.3, 0.31, 0.29], [-0.3, 0.31, 0.1]


@pytest.mark.parametrize(
    ("values", "in_all_conditions", "with_all_parts"),
    [
        ([BELOW], "confirmed", "confirmed"),
        ([ABOVE], "refuted", "refuted"),
        ([AROUND], "open", "open"),
        ([BELOW[:2]], "open", "open"),  # fewer than three seeds
        ([BELOW, BELOW], "confirmed", "confirmed"),
        ([BELOW, ABOVE], "depends", "refuted"),
        ([BELOW, AROUND], "open", "open"),
        ([ABOVE, AROUND], "open", "refuted"),
        ([BELOW, ABOVE, AROUND], "depends", "refuted"),
        ([], "open", "open"),
    ],
)
def test_a_claim_needs_three_seeds_on_one_side(values, in_all_conditions, with_all_parts):
    quantities = {str(index): Quantity.of(each) for index, each in enumerate(values)}
    for combine, verdict in (
        (verdicts.in_all_conditions, in_all_conditions),
        (verdicts.with_all_parts, with_all_parts),
    ):
        assert verdicts.judge("difference", quantities, str, combine).verdict == verdict


def test_a_comparison_needs_three_seeds_of_both_sides():
    assert Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1, 1.9]).verdict == "confirmed"
    assert Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1]).verdict == "open"
    answer = verdicts.judge("FLD", {"": Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1])}, str)
    assert answer.evidence.endswith("(3 and 2 seeds)")


@pytest.mark.parametrize(
    ("fld", "verdict"), [(0.03, "confirmed"), (0.06, "refuted"), (0.0501, "open")]
)
def test_a_goal_is_reached_if_both_scores_are_low_enough(fld, verdict):
    records = [
        record(
            {"method": method, "rates": "d_twice", "seed": seed},
            {"fld": fld_of_method * (1 + seed / 100), "reconstruction_sse": sse + seed},
        )
        for method, fld_of_method, sse in (("aae", fld, 30), ("wae_mmd", 0.04, 40))
        for seed in range(3)
    ]
    answer = answers.reaches(0.05, "aae", "wae_mmd")(records)
    assert answer.verdict == verdict
    ratio = (30 * 31 * 32 / (40 * 41 * 42)) ** (1 / 3)
    assert f"SSE / that of wae_mmd with weight 100: {ratio:.3f} [" in answer.evidence


def test_a_goal_needs_the_seeds_that_did_not_choose_the_weight():
    records = [
        record(
            {"method": method, "rates": "d_twice", "seed": seed},
            {
                "fld": (0.03 if seed < 3 else 0.06) * (1 + seed / 100),
                "reconstruction_sse": 40 + seed,
            },
        )
        for method in ("aae", "wae_mmd")
        for seed in range(6)
    ]
    answer = answers.reaches(0.05, "aae", "wae_mmd")(records)
    assert answer.verdict == "refuted"
    assert "of seeds 3, 4, 5: 1.2" in answer.evidence


@pytest.mark.parametrize(
    ("is_weighted", "ratios"),
    [
        (False, ("d = 16: 0.500 [", "d = 32: 0.250 [", "d = 64: 1.50 [")),
        (True, ("d = 16: 0.200 [", "d = 32: 0.100 [", "d = 64: 0.600 [")),
    ],
)
def test_gradients_are_compared_at_their_last_step_for_each_dimension(is_weighted, ratios):
    def rows(last):
        return [
            {"step": str(step), "encoder_gradient_norm": str(norm), "log_num_rungs": "1"}
            for step, norm in ((0, 1.0), (100, 50.0), (2000, last))
        ]

    records = [
        record(
            {"method": method, "latent_dim": d, "seed": seed},
            settings={"latent_weight": weight},
            tables={"stability": rows(norm * (1 + seed))},
        )
        for seed in range(3)
        for d, norms in ((16, (4, 8)), (32, (3, 12)), (64, (30, 20)))
        for method, weight, norm in zip(("ivaae_radial", "aae"), (0.4, 1), norms, strict=True)
    ]
    answer = answers.smaller_gradient("ivaae_radial", "aae", is_weighted)(records)
    for text in ratios:
        assert text in answer.evidence


@pytest.mark.parametrize(
    ("flds", "reference_flds", "verdict"),
    [
        ((20, 30, 40), (70, 80, 90), "confirmed"),
        ((20, 30, 65), (70, 80, 90), "open"),  # one seed of the method fails
        ((20, 30, 40), (70, 80, 60), "open"),  # one seed of the reference does not
        ((70, 75, 65), (70, 80, 90), "refuted"),
        ((20, 30, 40), (60, 50, 40), "refuted"),
        ((20, 30), (70, 80, 90), "open"),
    ],
)
def test_a_method_survives_if_no_seed_fails_and_all_of_the_reference_do(
    flds, reference_flds, verdict
):
    shared = {"latent_dim": 128, "schedule": "constant"}
    records = [
        record({**shared, "method": method, "seed": seed}, {"fld": fld})
        for method, values in (("ivaae_radial", flds), ("wae_gan", reference_flds))
        for seed, fld in enumerate(values)
    ]
    answer = answers.survives("ivaae_radial", "wae_gan", 128, "constant")(records)
    assert answer.verdict == verdict
    assert f"{np.mean(reference_flds):.1f} (wae_gan), a failure above 64" in answer.evidence
    other_schedule = answers.survives("ivaae_radial", "wae_gan", 128, "compressed")(records)
    assert other_schedule.evidence == "not run yet"


def test_rates_are_compared_at_the_same_multiple_of_the_best_weight():
    best = full_size.BEST_WEIGHTS
    records = [
        record(
            {"method": method, "rates": "d_twice", "seed": seed, "weight": times * best[method]},
            {"fld": fld * (1 + seed)},
        )
        for method, fld, times in (
            ("ivaae_radial", 1, 1),
            ("aae", 2, 1),
            ("ivaae_radial", 9, 3),
            ("aae", 3, 3),
            ("aae", 7, 10),  # the other has no such weight
        )
        for seed in range(3)
    ]
    answer = answers.lower_with_rates("fld", "ivaae_radial", "aae")(records)
    assert "rates 5e-4, 1e-3, 2e-4: 0.500 [" in answer.evidence
    assert "rates 5e-4, 1e-3, 2e-4, 3 times the weight: 3.00 [" in answer.evidence
    assert "10 times" not in answer.evidence


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


def test_methods_are_compared_in_the_middle_of_what_their_fronts_share():
    # From the beginning of the later front, 41, to the end of the earlier one, 44.
    records = fronts_of([0, 2], "ivaae_radial", 1.0)
    records += fronts_of([0, 1, 2], "aae", 4.0, first_sse=41)
    found = fronts.compare_at_equal_sse(records, "ivaae_radial", "aae")
    assert found.sse == 42.5
    np.testing.assert_allclose(np.exp(found.logs), np.array([2, 4]) / 10**2.5)
    np.testing.assert_allclose(np.exp(found.other_logs), np.array([8, 12, 16]) / 10**1.5)


def test_a_front_without_a_common_sse_is_compared_where_it_begins():
    records = fronts_of([0], "ivaae_radial", 1.0) + fronts_of([0], "aae", 4.0, first_sse=50)
    found = fronts.compare_at_equal_sse(records, "ivaae_radial", "aae")
    assert found.sse == 50
    np.testing.assert_allclose(np.exp([found.logs, found.other_logs]), [[2e-4], [8]])


def test_at_any_sse_the_lowest_flds_are_compared():
    records = fronts_of([0, 2], "ivaae_radial", 1.0) + fronts_of([0], "aae", 4.0, first_sse=50)
    found = fronts.compare_lowest(records, "ivaae_radial", "aae")
    np.testing.assert_allclose(np.exp(found.logs), [2e-4, 4e-4])
    np.testing.assert_allclose(np.exp(found.other_logs), [8e-4])
    assert fronts.compare_lowest(records, "ivaae_radial", "wae_gan") is None
    assert fronts.compare_at_equal_sse(records, "ivaae_radial", "wae_gan") is None


def test_the_choice_is_the_lowest_of_those_that_may_be():
    def scored(sse, fld, frechet):
        names = ("reconstruction_sse", "fld", "frechet_classifier")
        scores = dict(zip(names, (sse, fld, frechet), strict=True))
        return record({}, {**scores, "precision_classifier": 0.5, "recall_classifier": 0.5})

    cells = {
        Choice("aae", 1.0): [scored(40, 0.3, 50), scored(42, 0.3, 60)],
        Choice("wae_mmd", 10.0): [scored(44, 0.2, 58)],
        Choice("vae", 1.0): [scored(90, 0.1, 70)],
        Choice("rae_l2", 1.0): [scored(39, 9, 20)],
    }
    found = [choice.ranked(cells, wish)[0] for wish in choice.WISHES]
    assert [(each.method, each.weight) for each in found] == [
        ("aae", 1.0),
        ("rae_l2", 1.0),
        ("wae_mmd", 10.0),
        ("wae_mmd", 10.0),
    ]
