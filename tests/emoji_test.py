"""The pictures of the tutorial on emoji are drawn from a tiny model of made-up emoji."""

import numpy as np
from PIL import Image

from examples import emoji
from ivaae_tf import build_model
from ivaae_tf.plots.images import read_png


def test_the_picture_has_all_panels(tmp_path):
    random = np.random.default_rng(0)
    for name in (*emoji.SHOWN, emoji.NORMAL):
        pixels = random.integers(0, 256, (64, 64, 4), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    emoji.write_images(tmp_path / "images", tmp_path)
    images = emoji.read(tmp_path / "images", image_size=16)
    assert len(images) == len(emoji.SHOWN) + 4
    assert np.any(images["damaged"] != images[emoji.NORMAL])

    model = build_model("ivaae_radial", image_shape=(16, 16, 3), latent_dim=4, width=0.05)
    panels = [
        emoji.reconstructions(model, images),
        emoji.samples(model),
        emoji.bridges(model, images),
        emoji.outliers(model, images, dict.fromkeys(images, 0.5)),
    ]
    assert all(panel.images.shape == (2, 6, 16, 16, 3) for panel in panels)
    np.testing.assert_array_equal(panels[0].images[0, 0], images[emoji.SHOWN[0]])
    assert np.asarray(emoji.draw(panels)).std() > 0


def test_the_curves_are_a_picture():
    losses = ("reconstruction_loss", "val_reconstruction_loss", "js_estimate")
    history = {epoch: dict.fromkeys(losses, 1 / epoch) for epoch in (1, 2, 3)}
    assert read_png(emoji.curves(history)).std() > 0
