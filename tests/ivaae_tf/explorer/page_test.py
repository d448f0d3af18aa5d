"""The explorer's page in a browser, by clicks and keys; its arithmetic against this package."""

import contextlib
import functools
import http.server
import re
import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ivaae_tf.explorer import onnxruntime_web
from ivaae_tf.interpolation import spherical_interpolation
from ivaae_tf.interventions import SVGDIntervention
from ivaae_tf.runs.directory import RunDirectory
from pipelines.errors import UserError
from pipelines.images import scale
from tests.mains import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

# A browser of the tests asks no other server for anything.
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def explorer(finished_run, data_dir, tmp_path_factory):
    """The page of a tiny run, with the real onnxruntime-web from the npm registry."""
    folder = tmp_path_factory.mktemp("page")
    out, runtime = folder / "explorer", folder / "onnxruntime_web"
    try:
        onnxruntime_web.copy_files(None, folder, runtime)
    except UserError as error:
        pytest.skip(str(error))
    finished = run(
        *("ivaae_tf.explore", f"--workdir={finished_run}", f"--out={out}"),
        *(f"--data_dir={data_dir}", f"--onnxruntime_web={runtime}"),
    )
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def page(explorer, browser):
    """The page, loaded; at the end, nothing had failed and no other server was asked."""
    problems = []
    with served(explorer) as address, contextlib.closing(browser.new_page()) as page:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("requestfailed", lambda request: problems.append(request.url))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((address, "blob:")) else problems.append(request.url)
            ),
        )
        page.goto(address)
        expect_status(page, "^Ready")
        yield page
        assert problems == []


def expect_status(page, pattern):
    from playwright.sync_api import expect

    expect(page.locator("#status")).to_have_text(re.compile(pattern), timeout=60_000)


def gray_levels(page, canvas):
    """Returns the red levels of a canvas, shape (h, w)."""
    width, height, levels = page.locator(canvas).evaluate(
        """canvas => [canvas.width, canvas.height, Array.from(canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data).filter((_, i) => i % 4 == 0)]"""
    )
    return np.reshape(levels, (height, width))


def wait_for_change(page, canvas, before):
    for _ in range(100):
        if not np.array_equal(gray_levels(page, canvas), before):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{canvas} did not change")


def call(page, module, function, arguments):
    """Returns what a function of one of the page's modules returns."""
    return page.evaluate(
        """async ([module, name, args]) => (await import(module))[name](...args)""",
        [f"./{module}", function, arguments],
    )


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
    # The error is largest, and so brightest, where NumPy says.
    errors = gray_levels(page, "#errors")
    expected = np.abs(x.numpy() - x_hat)[0, :, :, 0]
    assert errors.flat[np.argmax(expected)] == errors.max() == 252
    assert float(page.locator("#largest").inner_text()) == pytest.approx(expected.max(), abs=0.006)
    # The bridge begins with the picture's own code.
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
    """As celeb_a's, whose central 140×140 of 178×218 pixels are kept."""
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


def test_spherical_interpolation_is_that_of_the_package(page):
    start, end = np.random.default_rng(0).normal(size=(2, 16))
    for weight in (0.0, 0.3, 1.0):
        for other in (end, start):
            expected = spherical_interpolation(
                *tf.constant([start, other], tf.float32)[:, tf.newaxis], tf.constant([weight])
            )[0, 0]
            arguments = [start.tolist(), other.tolist(), weight]
            found = call(page, "codes.js", "sphericalInterpolation", arguments)
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_update_of_svgd_is_that_of_the_package(page):
    particles = np.random.default_rng(0).normal(1, 0.5, size=(64, 16))
    intervention = SVGDIntervention(4, seed=0)
    expected = intervention.update(tf.constant(particles, tf.float32))
    options = {"bandwidth_scale": 100.0, "step_size": 1.0}
    found = call(page, "interventions.js", "svgdUpdate", [options, particles.tolist()])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def rungs(page, options, code, companions=()):
    """Returns the rungs (t+1, d), for noise that is 1, 2, 3, … in the order of the draws."""
    return np.array(
        page.evaluate(
            """async ([options, code, companions]) => {
                const { rungs } = await import("./interventions.js");
                let drawn = 0;
                return rungs(options, code, () => ++drawn, companions);
            }""",
            [options, code, list(companions)],
        )
    )


def test_rungs_are_those_of_the_definitions(page):
    code = [10.0, 20.0, 30.0, 40.0]
    noise = np.arange(1, 17.0).reshape(4, 4)
    blockwise = rungs(page, {"name": "blockwise", "num_bridges": 4}, code)
    expected = [code, *(np.where(np.arange(4) < k, noise[k - 1], code) for k in (1, 2, 3, 4))]
    np.testing.assert_array_equal(blockwise, expected)

    angles = np.arange(5)[:, np.newaxis] * np.pi / 8
    radial = rungs(page, {"name": "radial", "num_bridges": 4}, code)
    expected = np.cos(angles) * code + np.sin(angles) * np.vstack([np.zeros(4), noise])
    np.testing.assert_allclose(radial, expected, atol=1e-9)


def test_rungs_of_svgd_follow_the_updates(page):
    options = {
        "name": "svgd",
        "num_bridges": 3,
        "bandwidth_scale": 100.0,
        "step_size": 1.0,
        "noise_scale": 0.0,
        "updates_per_rung": 2,
    }
    particles = np.random.default_rng(1).normal(size=(8, 4))
    found = rungs(page, options, particles[0].tolist(), particles[1:].tolist())
    intervention = SVGDIntervention(3, seed=0, noise_scale=0.0)
    z = tf.constant(particles, tf.float32)
    for rung in (1, 2):
        z = intervention.update(intervention.update(z))
        np.testing.assert_allclose(found[rung], z[0], atol=1e-4)
    # The last rung is noise alone, here counted on from that of 2 × 2 updates of 8 particles.
    np.testing.assert_array_equal(found[3], 2 * 2 * 8 * 4 + np.arange(1, 5))


def test_normal_draws_have_the_moments_of_the_normal_distribution(page):
    draws = np.array(
        page.evaluate(
            """async () => {
                const { normalDraws } = await import("./codes.js");
                return Array.from({ length: 20000 }, normalDraws(3));
            }"""
        )
    )
    # Five standard errors of the moments of 20,000 draws.
    assert abs(draws.mean()) < 5 / np.sqrt(20_000)
    assert abs(draws.var() - 1) < 5 * np.sqrt(2 / 20_000)
    assert abs((draws**4).mean() - 3) < 5 * np.sqrt(96 / 20_000)
