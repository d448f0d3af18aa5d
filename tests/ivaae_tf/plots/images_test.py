import numpy as np
from PIL import Image

from ivaae_tf.plots import heat_maps
from ivaae_tf.plots.images import image_grid, read_png, save_png


def test_image_grid_places_images_row_by_row():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    grid = image_grid(images, num_columns=3, gap=1)
    assert grid.shape == (2 * 3 + 1, 3 * 4 + 1, 1)
    for index in range(5):
        top, left = 1 + 3 * (index // 3), 1 + 4 * (index % 3)
        assert (grid[top : top + 2, left : left + 3] == index).all()
    assert (grid[4:6, 9:12] == 255).all()  # the empty cell
    assert (grid[[0, 3, 6]] == 255).all()


def test_png_keeps_the_pixels_of_gray_and_color(tmp_path):
    for channels in (1, 3):
        picture = np.random.default_rng(0).integers(0, 256, (4, 5, channels), dtype=np.uint8)
        save_png(tmp_path / "picture.png", picture)
        read = np.asarray(Image.open(tmp_path / "picture.png")).reshape(picture.shape)
        np.testing.assert_array_equal(read, picture)


def test_heat_map_shows_the_largest_value_brightest():
    picture = read_png(heat_maps.draw([np.diag([0.0, 1.0])], ["title"]))
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    # Viridis ends in yellow and begins in dark violet.
    assert (np.abs(picture.astype(int) - [253, 231, 37]).sum(axis=2) < 10).any()
    assert (np.abs(picture.astype(int) - [68, 1, 84]).sum(axis=2) < 10).any()
