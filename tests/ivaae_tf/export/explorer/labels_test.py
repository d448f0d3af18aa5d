"""The labels of a conditional model on the page."""

import json

import numpy as np
import pytest
from PIL import Image

import ivaae_tf as iv
from tests.ivaae_tf.conditional_test import IMAGES, LABELS, OPTIONS
from tests.ivaae_tf.export.explorer.page import expect_status, gray_levels, wait_for_change


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels") / "run"
    return iv.train(folder, IMAGES, LABELS, **{**OPTIONS, "epochs": 2})


@pytest.fixture(scope="module")
def explorer(run, onnxruntime_folder, tmp_path_factory):
    """Takes the place of the page of an unconditional run."""
    folder = tmp_path_factory.mktemp("page") / "explorer"
    run.explore(folder, onnxruntime_web=str(onnxruntime_folder))
    return folder


def decoded(run, z, number):
    return np.rint(127.5 * (run.model.decode(np.float32([z]), [number])[0, :, :, 0].numpy() + 1))


def test_images_are_decoded_with_the_chosen_label(run, explorer, page):
    facts = json.loads((explorer / "explorer.json").read_text("utf-8"))
    assert facts["labels"] == [{"number": 0, "name": "left"}, {"number": 1, "name": "right"}]
    images = {}
    for name, z in (("#image", facts["samples"][0]), ("#end", facts["samples"][1])):
        images[name] = gray_levels(page, name)
        np.testing.assert_allclose(images[name], decoded(run, z, 0), atol=1)
    page.select_option("#label", "right")
    for name, z in (("#end", facts["samples"][1]), ("#image", facts["samples"][0])):
        wait_for_change(page, name, images[name])
        np.testing.assert_allclose(gray_levels(page, name), decoded(run, z, 1), atol=1)


def test_an_example_has_its_label_and_another_one_reconstructs_it_anew(run, explorer, page):
    facts = json.loads((explorer / "explorer.json").read_text("utf-8"))
    index = facts["example_labels"].index(1)
    page.click(f"#examples button:nth-child({index + 1})")
    expect_status(page, "^Picture encoded")
    assert page.locator("#label").input_value() == "1"
    original = np.asarray(Image.open(explorer / f"example_{index}.png"))
    (z,) = run.model.encode(original[np.newaxis, ..., np.newaxis] / np.float32(127.5) - 1).numpy()
    before = gray_levels(page, "#reconstruction")
    np.testing.assert_allclose(before, decoded(run, z, 1), atol=1)
    page.select_option("#label", "left")
    wait_for_change(page, "#reconstruction", before)
    np.testing.assert_allclose(gray_levels(page, "#reconstruction"), decoded(run, z, 0), atol=1)
