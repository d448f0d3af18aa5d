"""The film has the samples of every epoch, in their order."""

import numpy as np
from PIL import Image, ImageSequence

from tests.mains import run


def test_the_frames_are_the_samples_of_each_epoch(finished_run, tmp_path):
    out = tmp_path / "film.webp"
    finished = run(
        *("film", f"--workdir={finished_run}", f"--out={out}"),
        "--frames_per_second=10",
    )
    assert finished.returncode == 0, finished.stderr
    assert "2 frames, epochs 1 to 2" in finished.stdout
    with Image.open(out) as film:
        frames = [np.asarray(frame.convert("L"), int) for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert len(frames) == 2
    last = np.asarray(Image.open(finished_run / "samples.png"), int)
    # WebP is lossy here: on average a few levels.
    assert np.abs(frames[1] - last).mean() < 6
    assert np.abs(frames[0] - last).mean() > np.abs(frames[1] - last).mean()


def test_what_cannot_be_shown_is_one_line(aae_run, tmp_path, one_line_error):
    film = ("film", f"--workdir={aae_run}")
    assert "has 1 set(s) of samples" in one_line_error(run(*film, f"--out={tmp_path}/a.webp"))
    assert "must end in .webp" in one_line_error(run(*film, f"--out={tmp_path}/a.gif"))
    assert list(tmp_path.glob("a.*")) == []
