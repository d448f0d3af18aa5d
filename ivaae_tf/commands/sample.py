"""Generates images or vectors: `ivaae sample --saved_model=DIR --grid=grid.png`.

For images, give at least one of --grid, --out_dir, --interpolation, for vectors --out; each is
written completely or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from ivaae_tf.methods import SAMPLERS
from ivaae_tf.program import path_flags
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_name, define_path
from ivaae_tf.program.ranges import SEEDS, Range

if TYPE_CHECKING:
    import numpy as np

FLAGS = flags.FLAGS

_NUM_STRIPS = 8
_LARGEST_STRENGTH = 1e6
_LARGEST_GRID = 100_000  # images, which are all in memory


def main(argv: Sequence[str]) -> None:
    """Writes the files that the flags name."""
    del argv
    import numpy as np

    from ivaae_tf.export.exported_model import ExportedModel
    from ivaae_tf.plots.images import image_grid, save_png

    edit = parse_edit(FLAGS.edit) if FLAGS.edit else None
    model = ExportedModel(FLAGS.saved_model, FLAGS.sampler, edit, FLAGS.label)
    sampling = FLAGS.num_images, FLAGS.batch_size, FLAGS.seed
    if model.has_pictures is bool(FLAGS.out):
        found = (
            "images, and --out is for vectors and signals"
            if FLAGS.out
            else "vectors or signals, which need --out"
        )
        raise UserError(f"--saved_model: {FLAGS.saved_model} generates {found}")
    if FLAGS.out:
        rows = np.concatenate(list(model.samples(*sampling)))
        write_rows(rows, model.columns(), Path(FLAGS.out))
        print(f"{len(rows)} rows in {FLAGS.out}")
        return
    if FLAGS.grid:
        images = np.concatenate(list(model.samples(*sampling)))
        save_png(Path(FLAGS.grid), image_grid(images, FLAGS.num_columns))
        print(f"grid of {len(images)} samples in {FLAGS.grid}")
    if FLAGS.out_dir:
        write_files(model.samples(*sampling), Path(FLAGS.out_dir), FLAGS.num_images)
        print(f"{FLAGS.num_images} samples in {FLAGS.out_dir}")
    if FLAGS.interpolation:
        strips = model.interpolations(_NUM_STRIPS, FLAGS.num_columns, FLAGS.seed)
        save_png(Path(FLAGS.interpolation), image_grid(strips, FLAGS.num_columns))
        print(f"{_NUM_STRIPS} interpolations in {FLAGS.interpolation}")


def write_rows(rows: "np.ndarray", columns: Sequence[str], path: Path) -> None:
    """Writes rows to a .npy file, or rows (n, d) to a CSV table with the names of the columns.

    Raises:
        UserError: If rows of another shape have a table as their file.
    """
    import numpy as np

    from ivaae_tf.plots import files

    if path.suffix.lower() == ".csv":
        if rows.ndim > 2:
            raise UserError(f"--out={path}: signals of shape {rows.shape[1:]} need a .npy file")
        files.save(path, files.to_csv(columns, rows.tolist()))
        return
    with replace_when_complete(path) as temporary, temporary.open("wb") as file:
        np.save(file, rows)


def write_files(batches: Iterable["np.ndarray"], folder: Path, num_images: int) -> None:
    """Writes 000000.png, 000001.png, … to a new folder."""
    from PIL import Image
    from tqdm import tqdm

    with (
        replace_when_complete(folder, is_folder=True, is_new=True) as temporary,
        tqdm(total=num_images, unit="image") as progress,
    ):
        for images in batches:
            for image in images:
                name = f"{progress.n:06d}.png"
                Image.fromarray(image.squeeze()).save(temporary / name)
                progress.update()


def define_flags() -> None:
    """Defines the flags of the model, the files to write and the sampling."""
    define_path("saved_model", None, "Output of `ivaae export`.", path_flags.saved_model, True)
    define_path("grid", None, "PNG file to write: a grid of samples.", path_flags.output_picture)
    define_path(
        "out_dir", None, "New folder to write: one PNG file per sample.", path_flags.output_folder
    )
    define_path(
        "interpolation", None, "PNG file to write: interpolations.", path_flags.output_picture
    )
    define_path(
        "out",
        None,
        "CSV table or .npy file to write: samples of vectors; or .npy file of signals.",
        path_flags.output_table,
    )
    define_number("num_images", 64, "Number of samples.", Range(1, 100_000_000))
    define_name(
        "edit",
        None,
        "LABEL:STRENGTH, such as Smiling:+2: moves codes towards a class, in --grid and --out_dir. "
        "Needs `ivaae evaluate --per_class` before the export.",
        check_edit,
    )
    define_name(
        "label",
        None,
        "Class of the samples, such as 7, or number of a cluster. Needs a run with --conditional, "
        "--prior_by_label or --num_categories, or `ivaae evaluate --sampler=class_gmm` before the "
        "export; of --interpolation, only the first.",
    )
    define_number(
        "num_columns", 8, "Images in a row of --grid and --interpolation.", Range(2, 1000)
    )
    define_number("seed", 0, "Seed; the same seed gives the same images.", SEEDS)
    flags.DEFINE_enum(
        "sampler",
        None,
        SAMPLERS,
        "Source of the codes, if it was exported; by default the method's sampler.",
    )
    define_number("batch_size", 100, "Number of images in a batch.", Range(1, 1_000_000))
    flags.register_multi_flags_validator(
        [*("grid", "out_dir", "interpolation", "out"), *("num_images", "edit", "label", "sampler")],
        check_targets,
    )


def check_targets(values: Mapping[str, Any]) -> bool:
    """Checks that there is a target, and that no target would be lost.

    Args:
        values: The values of the flags grid, interpolation, out_dir, out, num_images, edit, label
            and sampler.

    Returns:
        True.

    Raises:
        UserError: If not.
    """
    grid, out_dir, num_images = values["grid"], values["out_dir"], values["num_images"]
    pictures = [Path(path).resolve() for path in (grid, values["interpolation"]) if path]
    if values.get("out") and (pictures or out_dir):
        raise UserError("--out is for vectors, the other targets for images; give one kind")
    if not (pictures or out_dir or values.get("out")):
        raise UserError("give at least one of --grid, --out_dir, --interpolation, or --out")
    if values.get("edit") and values["interpolation"]:
        raise UserError("--edit is for --grid and --out_dir, not for --interpolation")
    if values.get("label") and values.get("sampler"):
        raise UserError("--label has its own sampler: leave out --sampler")
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


def _check_new_folder(folder: Path, pictures: list[Path]) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"--out_dir: {folder} is not an empty folder")
    if any(folder.resolve() in path.parents for path in pictures):
        # The new folder replaces the empty one, with what is written to that.
        raise UserError(f"--out_dir: {folder} must not be the folder of another target")


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


COMMAND = Command(main, define_flags, __doc__)
