"""The explorer's page in a browser, by clicks and keys."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ivaae_tf.runs.directory import RunDirectory
from pipelines.images.transforms import scale
from tests.ivaae_tf.export.explorer.page import expect_status, gray_levels, wait_for_change


def test_an_example_is_encoded_and_decoded_as_by_the_model(page, explorer, finished_run):
    page.click("#examples button:nth-child(2)")
    expect_status(page, "^Picture encoded")
    original = np.asarray(Image.open(explorer / "example_1.png"))
    np.testing.assert_array_equal(gray_levels(page, "#original"), original)
    model = RunDirectory(finished_run).load_best()
    x = scale(tf.constant(original[np.newaxis, :, :, np.newaxis]))
    x_hat = model(x, training=False).numpy()
    # A level is 2/255; a canvas rounds to the nearest.
    np.testing.assert_allclose(
        gray_levels(page, "#reconstruction") / 127.5 - 1, x_hat[0, :, :, 0], atol=0.0041
    )
    sse = np.sum((x.numpy() - x_hat) ** 2)
    assert float(page.locator("#sse").inner_text()) == pytest.approx(sse, abs=0.01)
    # The brightest pixel is at the largest error that NumPy computes.
    errors = gray_levels(page, "#errors")
    expected = np.abs(x.numpy() - x_hat)[0, :, :, 0]
    assert errors.flat[np.argmax(expected)] == errors.max() == 252
    assert float(page.locator("#largest").inner_text()) == pytest.approx(expected.max(), abs=0.006)
    # The bridge begins with the picture's code.
    np.testing.assert_array_equal(
        gray_levels(page, "#rung-0"), gray_levels(page, "#reconstruction")
    )


def test_a_slider_moves_the_image_by_keys_and_goes_back(page):
    before = gray_levels(page, "#image")
    page.focus("#direction-0")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.locator("#direction-0-value").inner_text() == "0.5"
    wait_for_change(page, "#image", before)
    moved = gray_levels(page, "#image")
    page.click("#reset")
    wait_for_change(page, "#image", moved)
    page.wait_for_timeout(300)
    np.testing.assert_array_equal(gray_levels(page, "#image"), before)


def test_new_image_new_noise_and_mean(page):
    assert not page.locator("#label-chooser").is_visible()  # The run is not conditional.
    before, noise = gray_levels(page, "#image"), gray_levels(page, "#rung-4")
    page.click("#new-noise")
    wait_for_change(page, "#rung-4", noise)
    np.testing.assert_array_equal(gray_levels(page, "#image"), before)
    page.click("#new-image")
    wait_for_change(page, "#image", before)
    new = gray_levels(page, "#image")
    page.click("#mean")
    wait_for_change(page, "#image", new)


def test_a_walk_begins_and_ends_at_the_two_codes(page):
    start = gray_levels(page, "#start")
    page.click("#new-image")
    page.click("#new-image")
    before = gray_levels(page, "#end")
    page.click("#set-end")
    wait_for_change(page, "#end", before)
    page.focus("#walk")
    page.keyboard.press("End")
    page.wait_for_timeout(500)
    np.testing.assert_allclose(gray_levels(page, "#image"), gray_levels(page, "#end"), atol=1)
    image = gray_levels(page, "#image")
    page.keyboard.press("Home")
    wait_for_change(page, "#image", image)
    page.wait_for_timeout(500)
    np.testing.assert_allclose(gray_levels(page, "#image"), start, atol=1)
    page.click("#play")
    page.wait_for_timeout(500)
    assert page.locator("#play").inner_text() == "Pause"
    assert float(page.locator("#walk").input_value()) > 0
    page.click("#new-image")  # Any other control ends it.
    assert page.locator("#play").inner_text() == "Play"
    place = page.locator("#walk").input_value()
    page.wait_for_timeout(300)
    assert page.locator("#walk").input_value() == place


def test_a_picture_of_ones_own(page, tmp_path):
    Image.new("RGB", (60, 30), (255, 0, 0)).save(tmp_path / "red.png")
    page.set_input_files("#picture", tmp_path / "red.png")
    expect_status(page, "^Picture encoded")
    # Luma of pure red: 0.299 · 255.
    assert (gray_levels(page, "#original") == 76).all()
    (tmp_path / "text.png").write_text("no picture")
    page.set_input_files("#picture", tmp_path / "text.png")
    expect_status(page, "^This file is not a picture")


def test_a_picture_is_cut_and_laid_over_white_as_in_training(page, tmp_path):
    """The central square of a wide picture, of which the lower half is transparent."""
    pixels = np.zeros((32, 96, 4), np.uint8)
    pixels[:16, 32:64] = (0, 0, 0, 255)
    pixels[:16, :32] = pixels[:16, 64:] = (255, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    page.set_input_files("#picture", tmp_path / "wide.png")
    expect_status(page, "^Picture encoded")
    original = gray_levels(page, "#original")
    assert (original[:7] == 0).all()  # no red from outside of the square
    assert (original[9:] == 255).all()


def test_the_run_s_crop_is_the_page_s(page):
    """As for celeb_a, whose images are cropped to the central 140×140 of 178×218 pixels."""
    levels = page.evaluate(
        """async () => {
            const { pixelsOf } = await import("./pictures.js");
            const canvas = new OffscreenCanvas(60, 80);
            const context = canvas.getContext("2d");
            context.fillStyle = "white";
            context.fillRect(10, 20, 40, 40);
            const source = await canvas.convertToBlob();
            return Array.from(await pixelsOf(source, [16, 16, 1], { fit: "crop", crop: 40 }));
        }"""
    )
    assert min(levels) == 1


def test_the_image_stays_in_sight_of_its_controls_on_a_phone(page):
    page.set_viewport_size({"width": 360, "height": 640})
    for control, copy in (("#direction-7", "#directions-image"), ("#walk", "#walk-image")):
        page.locator(control).scroll_into_view_if_needed()
        top = page.locator(copy).evaluate("canvas => canvas.getBoundingClientRect().top")
        bottom = page.locator(copy).evaluate("canvas => canvas.getBoundingClientRect().bottom")
        assert top >= 0 and bottom <= 640


def test_no_part_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 340, "height": 700})
    page.click("#examples button:nth-child(1)")
    expect_status(page, "^Picture encoded")
    assert page.locator("html").evaluate("element => element.scrollWidth") == 340
