import pytest

from ivaae_tf.commands.sample import check_targets
from ivaae_tf.program.errors import UserError

NONE = {"grid": None, "interpolation": None, "out_dir": None, "num_images": 64}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "at least one of --grid, --out_dir, --interpolation"),
        ({"grid": "a.png", "interpolation": "x/../a.png"}, "both are a.png"),
        ({"grid": "a.png", "num_images": 100_001}, "at most 100,000 for --grid; found 100,001"),
        ({"grid": "new/x/a.png", "out_dir": "new"}, "--out_dir: new must not be the folder"),
        ({"interpolation": "a.png", "out_dir": "."}, "--out_dir: . must not be the folder"),
        ({"out_dir": "full"}, "--out_dir: full is not an empty folder"),
    ],
)
def test_targets_that_would_be_lost_are_refused(values, message, tmp_path, monkeypatch):
    place = tmp_path / "empty"
    place.mkdir()
    monkeypatch.chdir(place)
    if values.get("out_dir") == "full":
        (place / "full" / "x").mkdir(parents=True)
    with pytest.raises(UserError, match=message):
        check_targets({**NONE, **values})


def test_different_targets_are_accepted(tmp_path):
    (tmp_path / "files").mkdir()
    targets = {
        "grid": f"{tmp_path}/grid.png",
        "interpolation": f"{tmp_path}/strips.png",
        "out_dir": f"{tmp_path}/files",
    }
    assert check_targets({**NONE, **targets})
    assert check_targets({**NONE, "out_dir": f"{tmp_path}/files", "num_images": 10**7})
