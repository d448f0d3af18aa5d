"""Checks the targets of `ivaae sample`, before anything is drawn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from absl import flags

from ivaae_tf.program.errors import UserError

_LARGEST_STRENGTH = 1e6
_LARGEST_GRID = 100_000  # images, which are all in memory


def check_targets(values: Mapping[str, Any]) -> bool:
    """Checks that there is a target, and that no target would be lost.

    Args:
        values: Those of the flags grid, interpolation, out_dir, num_images and edit.

    Returns:
        True.

    Raises:
        UserError: If not.
    """
    grid, out_dir, num_images = values["grid"], values["out_dir"], values["num_images"]
    pictures = [Path(path).resolve() for path in (grid, values["interpolation"]) if path]
    if not (pictures or out_dir):
        raise UserError("give at least one of --grid, --out_dir, --interpolation")
    if values.get("edit") and values["interpolation"]:
        raise UserError("--edit is for --grid and --out_dir, not for --interpolation")
    if len(set(pictures)) < len(pictures):
        raise UserError(f"--grid and --interpolation must be different files; both are {grid}")
    if grid and num_images > _LARGEST_GRID:
        raise UserError(
            f"--num_images must be at most {_LARGEST_GRID:,} for --grid; found {num_images:,}; "
            "--out_dir takes any number"
        )
    if out_dir:
        _check_new_folder(Path(out_dir), pictures)
    return True


def check_edit(edit: str) -> None:
    """Checks that `parse_edit` can read it.

    Raises:
        flags.ValidationError: If not.
    """
    try:
        label, strength = parse_edit(edit)
    except ValueError:
        label, strength = "", 0.0
    if not label or not abs(strength) <= _LARGEST_STRENGTH:  # also if it is NaN
        raise flags.ValidationError("expected LABEL:STRENGTH, such as Smiling:+2")


def parse_edit(edit: str) -> tuple[str, float]:
    """Returns the label and the strength of --edit."""
    label, _, strength = edit.rpartition(":")
    return label, float(strength)


def _check_new_folder(folder: Path, pictures: list[Path]) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"--out_dir: {folder} is not an empty folder")
    if any(folder.resolve() in path.parents for path in pictures):
        # The new folder takes the place of the empty one, and of what is written to that.
        raise UserError(f"--out_dir: {folder} must not be the folder of another target")
