"""Reads canvases and results of functions from the explorer's page."""

import re

import numpy as np


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
    """Returns the result of a function in a module of the page."""
    return page.evaluate(
        """async ([module, name, args]) => (await import(module))[name](...args)""",
        [f"./{module}", function, arguments],
    )
