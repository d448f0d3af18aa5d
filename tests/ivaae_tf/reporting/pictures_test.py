import dataclasses
import io

import numpy as np

from ivaae_tf.plots.images import read_png
from ivaae_tf.reporting.contents import build_report
from ivaae_tf.reporting.pictures import covariances, side_by_side
from ivaae_tf.runs.covariance import Covariance


def test_covariances_come_with_their_data(make_run):
    run = make_run()
    figure, ranges = covariances([run])
    (content,) = figure.data.values()
    read = np.loadtxt(io.BytesIO(content), delimiter=",", skiprows=1)
    np.testing.assert_allclose(read, run.covariance.matrix, rtol=1e-5)
    assert "500 validation codes" in ranges
    assert covariances([make_run("b", with_pictures=False)]) == []


def test_a_covariance_of_one_code_has_no_place(make_run):
    """Earlier versions have written one, all nan."""
    run = make_run()
    single = Covariance(np.full((3, 3), np.nan), "covariance of 1 validation codes after epoch 1")
    single = dataclasses.replace(run, covariance=single)
    assert covariances([single]) == []
    assert len(covariances([run, single])[0].data) == 1


def test_nearest_training_images_have_a_section_if_there_are_any(make_run):
    run = make_run()
    assert "Nearest training images" not in build_report([run]).sections
    with_pairs = dataclasses.replace(run, nearest=run.samples)
    (figure,) = build_report([run, with_pairs]).sections["Nearest training images"]
    assert list(figure.data.values()) == [run.samples]


def test_pictures_are_kept_as_they_are(make_run):
    run = make_run()
    figure = side_by_side([run], "samples", "Samples")
    assert list(figure.data.values()) == [run.samples]
    assert read_png(figure.png).shape[-1] == 3
    bare = make_run("b", with_pictures=False)
    assert side_by_side([bare], "samples", "Samples") is None
