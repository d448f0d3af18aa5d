import pytest

from ivaae_tf.metrics.score import Score
from ivaae_tf.reporting.paper_comparison import compare, paper_blocks
from tests.written_runs import fid, fld

OF_PAPER = {"epochs": 300, "with_pictures": False}


def test_a_run_of_the_papers_settings_is_comparable(make_run):
    scores = [fid(48, 290), fld(0.09, 290), fid(52, 300), fld(0.05, 300)]
    first, second = compare(make_run(scores=scores, **OF_PAPER))
    assert (first.name, first.reported, first.score.value, first.obstacles) == ("FID", 50, 48, ())
    # The FLD at the epoch of the best FID, not the best FLD.
    assert (second.name, second.reported, second.score.value) == ("FLD", 0.07, 0.09)
    assert second.obstacles == ()


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        ({"width": 0.5}, "width 0.5 instead of 1"),
        ({"image_size": 32}, "image_size 32 instead of 64"),
        ({"lr_decay_epochs": (100, 250)}, "lr_decay_epochs 100, 250 instead of 100, 200"),
        ({"encoder_objective": "minimax"}, "encoder_objective minimax instead of prior"),
        ({"epochs": 3}, "3 epochs instead of 300"),
    ],
)
def test_each_other_setting_is_an_obstacle(make_run, change, obstacle):
    run = make_run(scores=[fid(48, 290), fld(0.09, 290)], **{**OF_PAPER, **change})
    for comparison in compare(run):
        assert comparison.obstacles == (obstacle,)


def test_the_seed_is_none(make_run):
    run = make_run(scores=[fid(48, 290), fld(0.09, 290)], seed=3, **OF_PAPER)
    assert not any(comparison.obstacles for comparison in compare(run))


def test_other_counts_and_other_measures_are_obstacles(make_run):
    few = [fid(60, 300, num_images=1000), fld(0.2, 300, num_codes=10_000)]
    first, second = compare(make_run("few", scores=few, **OF_PAPER))
    assert first.obstacles == ("1,000 samples instead of 20,000",)
    # For many codes d/n from the mean and d (d+1) / 4n from the covariance: here 84/n.
    (obstacle,) = second.obstacles
    assert "10,000 codes instead of 60,000" in obstacle and "0.0084 instead of 0.0014" in obstacle

    mixture = compare(make_run("mixture", scores=[fid(20, 300, sampler="gmm")], **OF_PAPER))
    assert mixture[0].score is None and mixture[0].obstacles == ("no FID was computed",)
    assert mixture[1].obstacles == ("no FLD was computed",)


def test_a_count_that_was_not_recorded_is_an_obstacle(make_run):
    scores = [Score("fid", 48.0, False, conditions={"sampler": "prior"}), Score("fld", 0.1, False)]
    first, second = compare(make_run(scores=scores, **OF_PAPER))
    assert first.obstacles == ("the number of samples was not recorded",)
    assert second.obstacles == ("the number of codes was not recorded",)


def test_what_the_paper_does_not_give(make_run):
    illegible = compare(make_run("mmd", method="wae_mmd", scores=[fid(40, 300)], **OF_PAPER))
    assert illegible[0].reported is None
    assert illegible[0].obstacles == ("the paper's number is not legible",)
    aae = compare(make_run("aae", method="aae", scores=[fid(40, 300)], **OF_PAPER))
    assert "the paper gives no number for aae on MNIST" in aae[0].obstacles
    digits = make_run("digits", data_set="digits", **OF_PAPER)
    assert compare(digits) == []
    assert "has no numbers on digits" in paper_blocks([digits])[0]
