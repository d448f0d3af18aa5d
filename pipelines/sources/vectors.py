"""A data set of vectors or signals: an array of numbers in memory or in a file, or a CSV table."""

import csv
import dataclasses
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError
from pipelines.records.kinds import KINDS, OF_NUMBERS, Images, Signals, Vectors
from pipelines.sources.arrays_in_memory import NAME, ArrayDataset, numbered, places

_TABLE = ".csv"
_MAGIC = b"\x93NUMPY"  # the first bytes of a .npy file
_MOST_NAMES = 10  # in a message


@dataclasses.dataclass(frozen=True, kw_only=True)
class VectorDataset(ArrayDataset):
    """Vectors or signals in memory, of which a tenth is held out; `images` has them, float32.

    Attributes:
        file: The file of the rows; empty if there is none.
    """

    kind: Vectors = dataclasses.field()
    file: str = ""

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures of examples: line plots of signals."""
        return isinstance(self.kind, Signals)

    def shape(self, image_size: Any) -> tuple[int, ...]:
        """Returns the shape of a row, which has no size."""
        return self.kind.shape

    def conditions(self, image_size: Any) -> dict[str, Any]:
        """Returns the conditions of scores of rows."""
        return {
            "data": self.fingerprint,
            "kind": self.kind.plural,
            "columns": len(self.kind.columns),
        }

    def names_of(self, split: str) -> list[str]:
        """Returns the places of a split's rows: lines of a table, or rows counted from 0."""
        is_table = self.file.lower().endswith(_TABLE)
        rows = places(len(self.images), split)
        return [f"line {row + 2}" if is_table else f"row {row}" for row in rows]

    def like(self, other: Any) -> Self:
        """Returns the rows with the scaling of another data set.

        Raises:
            UserError: If it has other columns, or another length.
        """
        found, expected = self.kind.columns, getattr(other.kind, "columns", ())
        if found != expected:
            raise UserError(f"the rows have columns {listed(found)}; expected {listed(expected)}")
        if self.kind.shape != other.kind.shape:
            raise UserError(f"rows have shape {self.kind.shape}; expected {other.kind.shape}")
        return dataclasses.replace(self, kind=other.kind)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        return self.images[rows]

    @property
    def description(self) -> dict[str, Any]:
        """The data set as JSON types, for the record of a run."""
        facts = {**super().description, "records": self.file, **dataclasses.asdict(self.kind)}
        del facts["channels"]
        return facts


def open_vectors(
    rows: Any,
    labels: Any = None,
    *,
    fewest: int = 2,
    file: str = "",
    columns: Sequence[str] = (),
    kind: type[Vectors] = Vectors,
) -> VectorDataset:
    """Returns the data set of an array of numbers, which must not be changed while it is used.

    Args:
        rows: Shape (n, d); of signals (n, times, channels), or (n, times) with one channel.
        labels: One integer or string for each row, −1 or "" for none; None without labels.
        fewest: Least number of rows; with 1 they may be constant, and have no scaling of their own.
        file: The file that they are from; empty for an array in memory.
        columns: The names of the columns; by default x0, x1, …
        kind: `Vectors` or `Signals`.

    Raises:
        UserError: If a column is constant or not finite, or the shape or the type is another.
    """
    source = f"--array={file}" if file else "the array"
    rows = np.asarray(rows)
    if kind is Signals and rows.ndim == 2:
        rows = rows[:, :, np.newaxis]
    has_axes = rows.ndim == len(kind.axes) and rows.size and len(rows) >= fewest
    if not has_axes or rows.dtype.kind not in "buif":
        raise UserError(
            f"{source} has shape {rows.shape} and type {rows.dtype}; expected numbers of shape "
            f"({', '.join(kind.axes)}), at least {fewest} row(s) and a column"
        )
    names = tuple(columns or (f"{kind.stem}{number}" for number in range(rows.shape[-1])))
    axes = tuple(range(rows.ndim - 1))  # all but the columns
    with np.errstate(over="ignore"):
        rows = rows.astype(np.float32)
    _refuse(~np.isfinite(rows).all(axis=axes), names, f"{source} has NaN or infinite values")
    train = rows[places(len(rows), "train")] if fewest > 1 else rows
    mean, deviation = (
        each(axis=axes, dtype=np.float64).tolist() for each in (train.mean, train.std)
    )
    if fewest > 1:
        is_constant = train.min(axis=axes) == train.max(axis=axes)
        _refuse(is_constant, names, f"{source} has the same value in all training rows")
    digest = hashlib.sha256("\n".join([*names, str(rows.shape)]).encode())
    digest.update(np.ascontiguousarray(rows).tobytes())
    return VectorDataset(
        **numbered(labels, len(rows), digest),
        name="array" if file else NAME,
        channels=0,
        crop=None,
        splits={"train": "train", "validation": "validation"},
        builder=None,
        image_key="image",
        images=rows,
        kind=kind(names, tuple(mean), tuple(deviation), *rows.shape[1:-1]),
        file=file,
    )


def kind_name(array: Any, kind: str | None = None) -> str:
    """Returns the kind of an array if none is given: vectors if its shape is (n, d), else images.

    Raises:
        UserError: If the kind is unknown.
    """
    if kind and kind not in KINDS:
        raise UserError(f"kind must be one of {', '.join(KINDS)}. Received: {kind!r}")
    return kind or (Vectors if np.ndim(array) == 2 else Images).plural


def open_file(array: str, *, fewest: int = 2, kind: str | None = None) -> VectorDataset | None:
    """Returns the data set of a CSV table, or of a .npy file of numbers; None for images.

    Args:
        array: The file. A table has a header and numbers, separated by commas.
        fewest: As for `open_vectors`.
        kind: A name of `KINDS`; None for the choice of `kind_name`.

    Raises:
        UserError: If the table has a column that is not of numbers, or `open_vectors` refuses it.
    """
    path = Path(array).expanduser().absolute()
    file = str(path)
    if array.lower().endswith(_TABLE):
        if kind not in (None, Vectors.plural):
            raise UserError(f"--kind={kind}: a CSV table has vectors; give a .npy file")
        rows, columns = _read_table(path)
        return open_vectors(rows, fewest=fewest, file=file, columns=columns)
    try:
        with parsing(path), path.open("rb") as opened:
            is_array = opened.read(len(_MAGIC)) == _MAGIC
            rows = np.load(file, mmap_mode="r", allow_pickle=False) if is_array else np.empty(0)
    except DamagedFileError:
        return None  # `arrays.prepare` says what is wrong with it.
    name = kind_name(rows, kind)
    if name == Images.plural:
        return None
    return open_vectors(rows, fewest=fewest, file=file, kind=OF_NUMBERS[name])


def _read_table(file: Path) -> tuple[np.ndarray, list[str]]:
    """Returns the numbers, float64 of shape (n, d), and the names of the columns."""
    source = f"--array={file}"
    with parsing(file):
        text = file.read_text("utf-8").removeprefix("\ufeff")
        names, *rows = [row for row in csv.reader(io.StringIO(text)) if row] or [[]]
    if len(set(names)) < len(names) or "" in names:
        raise UserError(f"{source} needs a header of different names; found {listed(names)}")
    if ragged := [number for number, row in enumerate(rows, 2) if len(row) != len(names)]:
        raise UserError(f"{source}: line {ragged[0]} does not have {len(names)} columns")
    refused, numbers = {}, []
    for name, cells in zip(names, zip(*rows, strict=True), strict=bool(rows)):
        try:
            numbers.append(np.array(cells, np.float64))
        except ValueError:
            refused[name] = next(cell for cell in cells if not _is_number(cell))
    if refused:
        found = listed([f"{name} (such as {cell!r})" for name, cell in refused.items()])
        raise UserError(f"{source} has columns that are not of numbers: {found}")
    return np.reshape(numbers, (len(names), len(rows))).T, names


def _is_number(cell: str) -> bool:
    try:
        return float(cell) is not None
    except ValueError:
        return False


def _refuse(is_refused: np.ndarray, names: Sequence[str], problem: str) -> None:
    if is_refused.any():
        raise UserError(f"{problem}: column(s) {listed(np.array(names)[is_refused].tolist())}")


def listed(names: Sequence[str]) -> str:
    """Returns the first names for a message."""
    return ", ".join([*names[:_MOST_NAMES], *["…"] * (len(names) > _MOST_NAMES)])
