import dataclasses
import io

import numpy as np

from ivaae_tf.plots.images import read_png
from ivaae_tf.reporting.contents import build_report
from ivaae_tf.reporting.pictures import covariances, nearest, samples
from ivaae_tf.runs.covariance import Covariance


def test_covariances_come_with_their_data(make_run):
    run = make_run()
    figure = covariances([run])
    read = np.loadtxt(io.BytesIO(figure.data[0].content), delimiter=",", skiprows=1)
    np.testing.assert_allclose(read, run.covariance.matrix, rtol=1e-5)
    assert "500 validation codes" in figure.parts[0].caption
    assert covariances([make_run("b", with_pictures=False)]) is None


def test_a_covariance_of_one_code_has_no_place(make_run):
    """Earlier versions have written one, all nan."""
    run = make_run()
    single = Covariance(np.full((3, 3), np.nan), "covariance of 1 validation codes after epoch 1")
    single = dataclasses.replace(run, covariance=single)
    assert covariances([single]) is None
    assert len(covariances([run, single]).parts) == 1


def test_nearest_training_images_have_a_section_if_there_are_any(make_run):
    run = make_run()
    assert nearest([run]) is None
    titles = [section.title for section in build_report([run]).sections]
    assert "Nearest training images" not in titles
    with_pairs = dataclasses.replace(run, nearest=run.samples)
    titles = [section.title for section in build_report([run, with_pairs]).sections]
    assert "Nearest training images" in titles
    assert nearest([with_pairs]).parts[0].png == run.samples


def test_pictures_are_kept_as_they_are(make_run):
    run = make_run()
    figure = samples([run])
    assert figure.parts[0].png == figure.data[0].content == run.samples
    assert read_png(figure.picture.content).shape[-1] == 3
    assert samples([make_run("b", with_pictures=False)]) is None
