"""Claims of results/: whose they are, and verdicts."""

import numpy as np
import pytest

from results import choice, claim_table, judge, quantities
from results.choice import Choice
from results.claim_table import Claims
from results.collapse import __main__ as collapse
from results.full_size import __main__ as full_size
from results.program import Study
from results.statistics import Interval
from tests.results_records import record

BELOW, ABOVE, AROUND = [-0.3, -0.31, -0.29], [0.3, 0.31, 0.29], [-0.3, 0.31, 0.1]


def comparisons(conditions, direction="lower", pairs=(("first", "second"),)):
    """Returns comparisons of groups: condition -> method -> values."""
    claims = Claims("codes", "FLD", Study, lambda records: conditions, pairs, direction=direction)
    return judge.compare([claims], {Study: ()})


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([BELOW], "confirmed"),
        ([ABOVE], "refuted"),
        ([AROUND], "open"),
        ([BELOW[:2]], "open"),  # fewer than three seeds
        ([BELOW, BELOW], "confirmed"),
        ([BELOW, BELOW[:2]], "open"),
        ([BELOW, ABOVE], "depends"),
        ([BELOW, AROUND], "open"),
        ([BELOW, ABOVE, AROUND], "depends"),
    ],
)
def test_a_claim_needs_three_seeds_on_one_side_under_all_conditions(values, verdict):
    zero = [0.0, 0.01, -0.01]
    conditions = {str(i): {"first": each, "second": zero} for i, each in enumerate(values)}
    (found,) = comparisons(conditions)
    assert found.verdict == verdict
    opposite = {"confirmed": "refuted", "refuted": "confirmed"}
    (found,) = comparisons(conditions, "higher")
    assert found.verdict == opposite.get(verdict, verdict)


def test_conditions_on_both_sides_do_not_count_as_a_discovery():
    zero = [0.0, 0.01, -0.01]
    conditions = {str(i): {"first": each, "second": zero} for i, each in enumerate([BELOW, ABOVE])}
    (found,) = comparisons(conditions)
    assert found.p == found.adjusted_p == 1


def test_a_comparison_needs_three_seeds_of_both_sides():
    values = {"first": [1.0, 1.1, 0.9], "second": [2.0, 2.1]}
    (found,) = comparisons({"": values})
    assert found.seeds == {"": (3, 2)}
    assert found.intervals[""] == Interval.between(*values.values())
    assert found.verdict == "open"
    assert np.isnan(found.adjusted_p)


def test_p_values_are_corrected_by_benjamini_and_hochberg():
    random = np.random.default_rng(0)
    values = {str(i): list(random.normal(i / 4, 1, 4)) for i in range(12)}
    found = comparisons({"": values}, pairs=[("0", each) for each in values if each != "0"])
    p = np.array([each.intervals[""].p for each in found])
    order = np.argsort(p)
    # The step-up rule, from the largest p-value down: p · m / rank, and never more than above.
    steps = (p[order] * len(p) / np.arange(1, len(p) + 1))[::-1]
    expected = np.empty(len(p))
    expected[order] = np.minimum.accumulate(steps)[::-1]
    np.testing.assert_allclose([each.adjusted_p for each in found], expected)
    assert 0 < sum(each.verdict != "open" for each in found) < len(found)


def test_the_p_value_of_a_claim_is_the_largest_of_its_conditions():
    conditions = {
        str(shift): {"first": [shift, shift + 0.2, shift - 0.1], "second": [0.0, 0.1, -0.1]}
        for shift in (-1, -2)
    }
    (found,) = comparisons(conditions)
    assert found.p == found.intervals["-1"].p > found.intervals["-2"].p
    assert found.adjusted_p == found.p  # there is no other claim


def test_a_value_alone_is_compared_with_0():
    (found,) = comparisons({"": {"first": BELOW}}, pairs=[("first", "")])
    assert found.intervals[""] == Interval.of(BELOW)
    assert found.verdict == "confirmed"


CLAIMS_OF_TABLES = [
    (claims, pair, table)
    for claims in claim_table.CLAIMS
    for pair in claims.pairs
    for table, number, data_set in (
        ("Table 1, MNIST", "fid", "mnist"),
        ("Table 2, MNIST", "fld", "mnist"),
        ("Table 2, CIFAR-10", "fld", "cifar10"),
    )
    if claims.paper == table
]


@pytest.mark.parametrize(("claims", "pair", "table"), CLAIMS_OF_TABLES)
def test_a_claim_of_a_table_has_the_direction_of_its_two_numbers(claims, pair, table):
    numbers = {
        "Table 1, MNIST": dict(wae_gan=53, ivaae_blockwise=49, ivaae_radial=50, ivaae_svgd=49),
        "Table 2, MNIST": dict(
            wae_mmd=0.05, wae_gan=5.5, ivaae_blockwise=0.2, ivaae_radial=0.07, ivaae_svgd=5.7
        ),
        "Table 2, CIFAR-10": dict(wae_mmd=10.9, wae_gan=15.1, ivaae_blockwise=4, ivaae_radial=11.8),
    }[table]
    text, direction = claims.source(*pair)
    if not set(pair) <= numbers.keys():
        assert text == "ours"
        return
    first, second = (numbers[each] for each in pair)
    assert text == f"{table}: {first:g}, {second:g}"
    assert direction == ("lower" if first < second else "higher")


def test_figures_show_some_of_the_methods():
    texts = {
        (claims.paper, *pair): claims.source(*pair).text
        for claims in claim_table.CLAIMS
        for pair in claims.pairs
        if claims.paper.startswith("Figure")
    }
    shown = {key for key, text in texts.items() if text == key[0]}
    assert shown == {
        ("Figure 2", "ivaae_blockwise", "aae"),
        ("Figure 3", "ivaae_blockwise", "aae"),
        ("Figure 5", "ivaae_radial", "wae_gan"),
        ("Figure 5", "ivaae_svgd", "wae_gan"),
    }
    others = {text for key, text in texts.items() if key not in shown}
    assert others == {f"as Figure {number}, another method" for number in (2, 3, 5)}


def test_a_goal_is_compared_with_all_seeds_and_with_those_that_did_not_choose_the_weight():
    records = [
        record(
            {"method": method, "rates": "d_twice", "seed": seed},
            {"fld": (0.03 if seed < 3 else 0.06) * factor, "reconstruction_sse": 40 + seed},
        )
        for method, factor in (("aae", 1), ("wae_mmd", 0.5))
        for seed in range(6)
    ]
    found = quantities.fld_to_goal(records)
    np.testing.assert_allclose(np.exp(found["all seeds"]["aae"]), [0.6] * 3 + [1.2] * 3)
    np.testing.assert_allclose(np.exp(found["seeds 3–5"]["aae"]), [1.2] * 3)
    sses = quantities.goal_sse(records)["all seeds"]
    np.testing.assert_allclose(np.exp(sses["wae_mmd"]), np.arange(40, 46))


def test_gradients_are_compared_at_their_last_step_for_each_dimension():
    rows = [
        {"step": step, "encoder_gradient_norm": norm, "log_num_rungs": "1"}
        for step, norm in (("0", "1"), ("100", "50"), ("2000", "4"))
    ]
    records = [
        record(
            {"method": "aae", "latent_dim": d, "seed": seed},
            settings={"latent_weight": 0.4},
            tables={"stability": rows},
        )
        for seed in range(3)
        for d in (16, 32)
    ]
    for value, expected in ((quantities.gradient, 4), (quantities.weighted_gradient, 1.6)):
        found = quantities.by_fact("method", value, quantities.dimension)(records)
        assert list(found) == ["d = 16", "d = 32"]
        np.testing.assert_allclose(np.exp(found["d = 16"]["aae"]), [expected] * 3)


def test_the_order_of_blocks_is_compared_with_fresh_seeds_at_one_weight_of_each_method():
    records = [
        record({"variant": variant, "latent_dim": d, "weight": weight, "seed": seed}, {"fld": fld})
        for variant, d, weight, seed, fld in (
            ("ivaae_blockwise_random", 16, 1.2, 3, 0.1),
            ("ivaae_blockwise_random", 16, 1.2, 0, 9),
            ("ivaae_blockwise_random", 16, 0.4, 3, 9),
            ("ivaae_blockwise_random", 64, 1.2, 3, 9),
            ("aae", 16, 0.3, 3, 0.2),
            ("aae", 16, 1, 3, 9),
        )
    ]
    (found,) = quantities.of_fresh_seeds(quantities.log_score("fld"))(records).values()
    np.testing.assert_allclose(np.exp(found["ivaae_blockwise_random"]), [0.1])
    np.testing.assert_allclose(np.exp(found["aae"]), [0.2])


def test_rates_are_compared_at_the_same_multiple_of_the_best_weight():
    best = full_size.BEST_WEIGHTS
    records = [
        record(
            {"method": method, "rates": "d_twice", "seed": 0, "weight": times * best[method]},
            {"fld": fld},
        )
        for method, fld, times in (
            ("ivaae_radial", 1, 1),
            ("aae", 2, 1),
            ("ivaae_radial", 9, 3),
            ("aae", 3, 3),
            ("aae", 7, 10),  # the other has no such weight
        )
    ]
    found = quantities.by_rates("fld")(records)
    flds = {
        condition: {method: np.exp(logs[0]) for method, logs in values.items()}
        for condition, values in found.items()
    }
    assert {key: pytest.approx(value) for key, value in flds.items()} == {
        "5e-4, 1e-3, 2e-4, 1 × weight": {"ivaae_radial": 1, "aae": 2},
        "5e-4, 1e-3, 2e-4, 3 × weight": {"ivaae_radial": 9, "aae": 3},
        "5e-4, 1e-3, 2e-4, 10 × weight": {"aae": 7},
    }


def test_jumps_are_rises_of_more_than_a_tenth():
    losses = [10, 9, 9.8, 10.9, 8, 8.9, 8.9]
    history = {
        epoch: {"val_reconstruction_loss": loss} for epoch, loss in enumerate(losses, start=1)
    }
    assert collapse.jumps(record({}, history=history)) == 2  # to 10.9 and to 8.9


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
