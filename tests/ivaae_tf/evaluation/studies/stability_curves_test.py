"""Labels and styles of runs in the figures of a stability study."""

import pytest

from ivaae_tf.evaluation.studies.discriminator_study import Measurement
from ivaae_tf.evaluation.studies.stability_curves import StudiedRun, charts_of


def run(name, method, num_bridges, latent_dim):
    measurements = [Measurement(step, 0.5, 0.1, 2.0, 1.0) for step in (0, 10)]
    return StudiedRun(name, method, num_bridges, latent_dim, measurements)


def test_a_method_has_a_chart_and_a_latent_dimension_a_style():
    runs = [
        run(f"{method}_{d}", method, t, d)
        for method, t in (("aae", 1), ("ivaae_radial", 4))
        for d in (16, 32, 64)
    ]
    charts = charts_of(runs, "encoder_gradient_norm")
    assert [chart.title for chart in charts] == ["aae, t = 1", "ivaae_radial, t = 4"]
    for chart in charts:
        assert [line.label for line in chart.lines] == ["d = 16", "d = 32", "d = 64"]
        assert [line.style for line in chart.lines] == [0, 1, 2]
        assert [list(line.x) for line in chart.lines] == [[0, 10]] * 3


def test_runs_of_one_latent_dimension_are_told_apart_by_name():
    charts = charts_of([run("a", "aae", 1, 16), run("b", "aae", 1, 16)], "encoder_gradient_norm")
    assert [line.label for line in charts[0].lines] == ["a (d = 16)", "b (d = 16)"]
    assert [line.style for line in charts[0].lines] == [0, 1]


def test_the_balance_is_a_level_of_the_cross_entropy():
    (chart,) = charts_of([run("a", "aae", 1, 16)], "discriminator_cross_entropy", with_level=True)
    assert chart.reference_line == ("log(t+1)", pytest.approx(0.6931, abs=1e-4))
