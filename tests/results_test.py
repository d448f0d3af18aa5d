"""The studies in results/: their statistics, their runner, and their pages."""

import dataclasses
import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ivaae_tf.metrics.score import Score
from pipelines.errors import UserError
from results import answers, choice, cifar10_folder, claims, readme
from results.answers import Quantity
from results.choice import Choice
from results.full_size import __main__ as full_size
from results.outliers import detectors
from results.page import interval, number, spread
from results.program import ROOT, Study
from results.run import Outcome, Record, Run, read_record
from results.runner import Runner
from results.statistics import Interval, front_at, pareto_front
from results.trade_off import __main__ as trade_off

NAMES = sorted(path.parent.name for path in ROOT.glob("*/__main__.py"))


def study(name: str) -> Study:
    module = importlib.import_module(f"results.{name}.__main__")
    (kind,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
        if issubclass(value, Study)
    )
    return kind()


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


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.01234, 2, "0.012"),
        (12.34, 3, "12.3"),
        (1234.5, 2, "1,200"),
        (10378.0, 3, "10,400"),
        (0.0, 2, "0"),
        (9.96, 2, "10"),
        (0.47996, 3, "0.480"),
        (-0.0000948, 2, "−0.000095"),
        (np.nan, 2, "–"),
    ],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


def test_spreads():
    assert spread([1.0, 3.0], 3) == "2.00 ± 1.4"
    assert spread([1.5]) == "1.5"
    assert spread([]) == "–"


def test_intervals():
    assert interval(Interval(1.0, 0.5, 1.5)) == "1.0 [0.50, 1.5]"
    assert interval(Interval.of([2.0])) == "2.0"


@pytest.mark.parametrize("name", NAMES)
def test_runs_have_different_names_and_facts(name):
    runs = study(name).runs()
    assert len({run.name for run in runs}) == len(runs)
    assert len({tuple(run.facts.items()) for run in runs}) == len(runs)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_that_of_the_records(name, tmp_path):
    found = study(name)
    stored = {path.stem for path in (found.folder / "records").glob("*.json")}
    records = found.records()
    assert stored == {record.run.name for record in records}
    found.write_page(tmp_path / name)
    for path in [*found.folder.glob("*.md"), *found.folder.glob("*.csv")]:
        assert (tmp_path / name / path.name).read_text() == path.read_text(), path


def test_the_answers_to_the_claims_are_those_of_the_records(tmp_path):
    claims.write_page(tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == (ROOT / "README.md").read_text()


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
        (answers.in_all_conditions, in_all_conditions),
        (answers.with_all_parts, with_all_parts),
    ):
        assert answers.judge("difference", quantities, str, combine).verdict == verdict


def test_a_comparison_needs_three_seeds_of_both_sides():
    assert Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1, 1.9]).verdict == "confirmed"
    assert Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1]).verdict == "open"
    answer = answers.judge("FLD", {"": Quantity.between([1.0, 1.1, 0.9], [2.0, 2.1])}, str)
    assert answer.evidence.endswith("(3 and 2 seeds)")


@pytest.mark.parametrize(
    ("fld", "verdict"), [(0.03, "confirmed"), (0.06, "refuted"), (0.0501, "open")]
)
def test_a_goal_is_reached_if_both_scores_are_low_enough(fld, verdict):
    def record(method, seed, fld, sse):
        facts = {"method": method, "rates": "d_twice", "seed": seed}
        scores = (Score("fld", fld, None), Score("reconstruction_sse", sse, None))
        return Record(EchoRun("run", facts, ()), Outcome({}, scores, {}, {}, {}), {})

    records = [record("aae", seed, fld * (1 + seed / 100), 30 + seed) for seed in range(3)]
    records += [record("wae_mmd", seed, 0.04, 40 + seed) for seed in range(3)]
    answer = answers.reaches(0.05, "aae", "wae_mmd")(records)
    assert answer.verdict == verdict
    ratio = (30 * 31 * 32 / (40 * 41 * 42)) ** (1 / 3)
    assert f"SSE / wae_mmd's: {ratio:.3f} [" in answer.evidence


@pytest.mark.parametrize(
    ("is_weighted", "ratios"),
    [
        (False, ("d = 16: 0.500 [", "d = 32: 0.250 [", "d = 64: 1.50 [")),
        (True, ("d = 16: 0.200 [", "d = 32: 0.100 [", "d = 64: 0.600 [")),
    ],
)
def test_gradients_are_compared_at_their_last_step_for_each_dimension(is_weighted, ratios):
    def record(method, seed, d, last):
        facts = {"method": method, "latent_dim": d, "seed": seed}
        norms = [(0, 1.0), (100, 50.0), (2000, last)]
        rows = [
            {"step": str(step), "encoder_gradient_norm": str(norm), "log_num_rungs": "1"}
            for step, norm in norms
        ]
        settings = {"latent_weight": {"aae": 1, "ivaae_radial": 0.4}[method]}
        outcome = Outcome(settings, (), {}, {}, {"stability": rows})
        return Record(EchoRun("run", facts, ()), outcome, {})

    records = [
        record(method, seed, d, norm * (1 + seed))
        for seed in range(3)
        for d, norms in ((16, (4, 8)), (32, (3, 12)), (64, (30, 20)))
        for method, norm in zip(("ivaae_radial", "aae"), norms, strict=True)
    ]
    answer = answers.smaller_gradient("ivaae_radial", "aae", is_weighted)(records)
    for text in ratios:
        assert text in answer.evidence


class EchoRun(Run):
    """Writes its name to a file by a command of Python."""

    def arguments(self, command, folder):
        return ["json.tool", *command, str(folder / "out.json")]

    def outcome(self, folder):
        score = Score("value", float((folder / "out.json").read_text()), None)
        return Outcome({}, (score,), {}, {}, {})


def runs(folder: Path, texts) -> list[Run]:
    made = []
    for index, text in enumerate(texts):
        path = folder / f"{index}.json"
        path.write_text(text)
        made.append(EchoRun(f"run{index}", {"index": index}, ((str(path),),)))
    return made


def test_only_runs_without_a_record_are_run(tmp_path):
    two = runs(tmp_path, ["1", "2"])
    records, runner = tmp_path / "records", Runner(tmp_path / "work", [], 2, 1)
    runner.complete(two[:1], records)
    before = (records / "run0.json").stat().st_mtime_ns
    runner.complete(two, records)
    assert (records / "run0.json").stat().st_mtime_ns == before
    values = [read_record(records / f"{run.name}.json", run).score("value").value for run in two]
    assert values == [1, 2]


def test_no_run_begins_after_the_minutes(tmp_path):
    Runner(tmp_path / "work", [], 1, 0).complete(runs(tmp_path, ["1"]), tmp_path / "records")
    assert not (tmp_path / "records").exists()


def test_a_run_that_fails_is_named_with_its_log(tmp_path):
    runner = Runner(tmp_path / "work", [], 1, 1)
    with pytest.raises(UserError, match=r"run0: .*0\.json ended with status 1; see .*run0\.log"):
        runner.complete(runs(tmp_path, ["no JSON"]), tmp_path / "records")


def test_a_record_of_other_commands_is_refused(tmp_path):
    (run,) = runs(tmp_path, ["1"])
    Runner(tmp_path / "work", [], 1, 1).complete([run], tmp_path)
    other = dataclasses.replace(run, commands=(("other",),))
    with pytest.raises(UserError, match="was made by other commands"):
        read_record(tmp_path / "run0.json", other)


def test_scores_are_found_by_their_conditions():
    scores = tuple(Score("a", value, None, conditions={"of": value}) for value in (1, 2))
    record = Record(EchoRun("run", {}, ()), Outcome({}, scores, {}, {}, {}), {})
    assert record.score("a").value == 2
    assert record.score("a", of=1).value == 1
    with pytest.raises(KeyError):
        record.score("b")


def test_the_planes_of_cifar10_become_images(tmp_path):
    image = np.arange(32 * 32 * 3).reshape(32, 32, 3).astype(np.uint8)
    record = np.concatenate([[7], image.transpose(2, 0, 1).ravel()]).astype(np.uint8)
    np.tile(record, 2).tofile(tmp_path / "batch.bin")
    np.testing.assert_array_equal(cifar10_folder.images(tmp_path / "batch.bin"), [image, image])
    (tmp_path / "cut.bin").write_bytes(bytes(3072))
    with pytest.raises(UserError, match="3072 bytes"):
        cifar10_folder.images(tmp_path / "cut.bin")


def fronts_of(seeds, method, factor, first_sse=40):
    """Returns records whose SSE rises by 1, and FLD falls from `factor` × (2 + the seed)."""
    return [
        Record(
            EchoRun(
                f"{method}{seed}{weight}", {"method": method, "weight": weight, "seed": seed}, ()
            ),
            Outcome(
                {},
                (
                    Score("reconstruction_sse", first_sse + index, False),
                    Score("fld", factor * (2 + seed) / 10**index, False),
                ),
                {},
                {},
                {},
            ),
            {},
        )
        for seed in seeds
        for index, weight in enumerate(trade_off.WEIGHTS[method])
    ]


def test_methods_are_compared_where_their_fronts_overlap():
    records = fronts_of([0, 2], "ivaae_radial", 1.0) + fronts_of([0, 1, 2], "aae", 4.0)
    found = trade_off.comparisons(records, "ivaae_radial", "aae")
    assert list(found) == ["at SSE 42.0", "at SSE 44.0", "at any SSE"]
    for index, comparison in zip((2, 4, 4), found.values(), strict=True):
        np.testing.assert_allclose(np.exp(comparison.method), np.array([2, 4]) / 10**index)
        np.testing.assert_allclose(np.exp(comparison.reference), np.array([8, 12, 16]) / 10**index)


def test_a_front_without_a_common_sse_is_compared_at_its_beginning():
    records = fronts_of([0], "ivaae_radial", 1.0) + fronts_of([0], "aae", 4.0, first_sse=50)
    found = trade_off.comparisons(records, "ivaae_radial", "aae")
    assert list(found) == ["at SSE 50.0", "at any SSE"]
    np.testing.assert_allclose(np.exp(found["at SSE 50.0"]), [[2e-4], [8]])


def test_pictures_are_kept_beside_the_record(tmp_path):
    run = EchoRun("run.5", {}, (("command",),))
    pictures = {"samples": b"png 1", "reconstructions": b"png 2"}
    Record(run, Outcome({}, (), {}, {}, {}, pictures), {}).write(tmp_path / "run.5.json")
    Record(run, Outcome({}, (), {}, {}, {}, {"samples": b""}), {}).write(tmp_path / "run.json")
    assert read_record(tmp_path / "run.5.json", run).outcome.pictures == pictures


def test_the_weights_at_full_size_are_the_best_of_the_trade_off():
    assert full_size.weights_of_the_trade_off() == full_size.WEIGHTS


def test_the_readme_has_the_tables_that_the_records_make():
    text = readme.README.read_text()
    assert readme.with_tables(text) == text


def test_the_choice_is_the_lowest_of_those_that_may_be():
    def record(sse, fld, frechet):
        names = ("reconstruction_sse", "fld", "frechet_classifier")
        pairs = zip(names, (sse, fld, frechet), strict=True)
        more = [("precision_classifier", 0.5), ("recall_classifier", 0.5)]
        scores = tuple(Score(name, value, None) for name, value in (*pairs, *more))
        return Record(EchoRun("run", {}, ()), Outcome({}, scores, {}, {}, {}), {})

    cells = {
        Choice("aae", 1.0): [record(40, 0.3, 50), record(42, 0.3, 60)],
        Choice("wae_mmd", 10.0): [record(44, 0.2, 58)],
        Choice("vae", 1.0): [record(90, 0.1, 70)],
        Choice("rae_l2", 1.0): [record(39, 9, 20)],
    }
    found = [choice.ranked(cells, wish)[0] for wish in choice.WISHES]
    assert [(each.method, each.weight) for each in found] == [
        ("aae", 1.0),
        ("rae_l2", 1.0),
        ("wae_mmd", 10.0),
        ("wae_mmd", 10.0),
    ]


def test_detectors_find_what_is_far_away():
    pytest.importorskip("pyod")
    random = np.random.default_rng(0)
    train, normal = random.normal(size=(2, 300, 8))
    test = np.concatenate([normal, random.normal(size=(30, 8)) + 6])
    scores = detectors.all_scores(train, test, np.arange(330) >= 300)
    assert {score.conditions["detector"] for score in scores} == set(detectors.DETECTORS)
    assert all(score.value > 0.95 for score in scores), scores
