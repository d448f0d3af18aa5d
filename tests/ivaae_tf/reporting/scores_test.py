import dataclasses
import itertools
import math

from ivaae_tf.metrics.score import Score
from ivaae_tf.reporting.scores import score_curves, score_rows, score_table
from tests.written_runs import fid, fld


def test_only_scores_under_the_same_conditions_share_a_row(make_run):
    a = make_run("a", scores=[fid(50, 1), fid(40, 2), fid(45, 2, sampler="gmm")])
    b = make_run("b", scores=[fid(30, 2), fid(20, 2, num_images=1000)])
    rows = score_rows([a, b])
    assert [sorted(row.by_run) for row in rows] == [["a", "b"], ["a"], ["b"]]
    assert [score.value for score in rows[0].by_run["a"]] == [50, 40]


def test_latest_and_best_are_told_apart(make_run):
    scores = [fld(3, 10), fld(1, 20), fld(2, 30), fld(math.nan, 40)]
    (row,) = score_rows([make_run(scores=scores[::-1])])
    assert math.isnan(row.latest("run").value)
    assert (row.best("run").value, row.best("run").epoch) == (1, 20)
    _, table = score_table([make_run("again", scores=scores[:3])])
    assert "| 2 ± 0.01<br><small>epoch 30; best 1 ± 0.01, epoch 20</small> |" in table
    assert "codes from the prior are expected to score 0.0014" in table


def test_higher_is_better_where_it_is(make_run):
    scores = [Score("ssim", value, True, 0.001, {}, step) for step, value in enumerate((0.5, 0.4))]
    (row,) = score_rows([make_run(scores=scores)])
    assert row.best("run").value == 0.5


def test_a_run_leads_by_more_than_two_standard_errors(make_run):
    numbers = itertools.count()

    def leader(*scores):
        names = [f"run {next(numbers)}" for _ in scores]
        runs = [make_run(name, scores=[score]) for name, score in zip(names, scores, strict=True)]
        (row,) = score_rows(runs)
        return None if row.leader() is None else names.index(row.leader())

    # Two standard errors of the difference are 2·√(3² + 4²) = 10.
    assert leader(fid(50, 1, error=3), fid(39.5, 1, error=4)) == 1
    assert leader(fid(50, 1, error=3), fid(40.5, 1, error=4)) is None
    unknown = dataclasses.replace(fid(1, 1), standard_error=None)
    assert leader(unknown, fid(50, 1)) is None
    assert leader(fid(math.nan, 1), fid(50, 1)) is None


def test_fid_is_told_from_what_is_not_fid(make_run):
    other = dataclasses.replace(fid(1, 1), name="frechet_classifier")
    paragraph, table = score_table([make_run(scores=[other])])
    assert "None of these is FID" in paragraph
    assert "| Fréchet distance (classifier)<br>" in table


def test_curves_carry_all_scores_as_csv(make_run):
    runs = [make_run("a", scores=[fid(50, 1), fid(40, 2)]), make_run("b", scores=[fld(1, 2)])]
    figure = score_curves(runs)
    assert figure.description.count("over epochs") == 2
    header, *lines = figure.data["scores_over_epochs.csv"].decode().splitlines()
    assert header == "run,epoch,score,value,standard_error,conditions"
    assert [line.split(",")[:5] for line in lines] == [
        ["a", "1", "fid", "50", "0.3"],
        ["a", "2", "fid", "40", "0.3"],
        ["b", "2", "fld", "1", "0.01"],
    ]
    assert score_curves([make_run("c")]) is None
