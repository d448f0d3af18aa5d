import io
import itertools
import math

import numpy as np
from PIL import Image

from ivaae_tf.reporting import charts
from ivaae_tf.reporting.covariance import covariance
from ivaae_tf.reporting.losses import losses
from ivaae_tf.reporting.pictures import samples


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def has_colour(png, colour):
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return (abs(pixels(png) - wanted).max(axis=-1) <= 2).any()


def test_each_line_of_a_chart_is_drawn_and_named():
    lines = tuple(charts.Line(f"run {i}", i, (1, 2), (i, i + 1)) for i in range(7))
    figure = charts.figure("f.png", [charts.Chart("FLD", lines)], [], "")
    (part,) = figure.parts
    assert all(has_colour(part.png, colour) for colour in charts.COLOURS)
    assert "run 3 ends at 4 after epoch 2" in part.description


def test_no_two_of_28_lines_look_the_same():
    looks = {
        (index % len(charts.COLOURS), charts.dash(index), charts.marker(index))
        for index in range(28)
    }
    assert len(looks) == 28


def test_names_are_drawn_as_they_are():
    def legend_of(label):
        chart = charts.Chart("t", (charts.Line(label, 0, (1, 2), (1, 2)),))
        return pixels(charts.figure("f.png", [chart], [], "").picture.content)

    # An underscore would hide the name, a dollar sign is no formula, a brace is no error.
    drawn = [legend_of(name) for name in ("_a", "a", "$\\frac{$", "x" * 300)]
    for first, second in itertools.combinations(drawn, 2):
        assert first.shape == second.shape and (first != second).any()


def test_values_that_are_no_numbers_leave_gaps():
    lines = (
        charts.Line("gap", 0, (1, 2, 3), (1.0, math.nan, 3.0), (0.1, math.nan, math.nan)),
        charts.Line("nothing", 1, (1, 2), (math.inf, math.nan)),
    )
    figure = charts.figure("f.png", [charts.Chart("t", lines)], [], "")
    assert has_colour(figure.picture.content, charts.COLOURS[0])


def test_losses_come_with_their_data(make_run):
    figure = losses([make_run("a", epochs=2), make_run("b", epochs=1, num_bridges=1)])
    assert figure.data[0].content.decode() == (
        "run,epoch,js_estimate,latent_loss,reconstruction_loss\na,1,1,1,1\na,2,0.5,0.5,0.5\nb,1,1,1,1\n"
    )
    # log(t+1), the most that the divergence can be
    assert "0.693 at t = 1 and 1.61 at t = 4" in figure.caption
    assert losses([make_run("c", epochs=0)]) is None


def test_covariances_come_with_their_data(make_run):
    run = make_run()
    figure = covariance([run])
    read = np.loadtxt(io.BytesIO(figure.data[0].content), delimiter=",", skiprows=1)
    np.testing.assert_allclose(read, run.covariance.matrix, rtol=1e-5)
    assert "500 validation codes" in figure.parts[0].caption
    assert covariance([make_run("b", with_pictures=False)]) is None


def test_pictures_are_kept_as_they_are(make_run):
    run = make_run()
    figure = samples([run])
    assert figure.parts[0].png == figure.data[0].content == run.samples
    assert pixels(figure.picture.content).shape[-1] == 3
    assert samples([make_run("b", with_pictures=False)]) is None
