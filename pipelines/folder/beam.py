"""The work on the files of a folder, done by Apache Beam.

Two pipelines: one checks the files, and TFDS's own writes the records. Files of names and results
pass between them and this process, so the folders of the images and of the records must have the
same paths on every machine.
"""

import base64
import contextlib
import pickle
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from ivaae_tf.program import atomic_files
from ivaae_tf.program.errors import UserError, summarize_error
from pipelines.folder import files
from pipelines.folder.listing import Listing
from pipelines.folder.scan import FolderScan
from pipelines.folder.work import FolderWork, example
from pipelines.images import checking
from pipelines.images.checking import CheckedImage
from pipelines.workers.pool import WorkerPool


class BeamWork(FolderWork):
    """The work in pipelines of Apache Beam.

    Args:
        runner: The name of the runner, such as "DirectRunner" or "FlinkRunner".
        options: Options of the pipeline, "key=value"; one text may hold several, with commas.

    Raises:
        UserError: If Beam does not know the runner, or cannot read the options.
    """

    def __init__(self, runner: str, options: Sequence[str] = ()):
        self._runner = runner
        flags = [f"--{option.removeprefix('--')}" for text in options for option in _split(text)]
        try:
            beam.runners.create_runner(runner)
            self._options = PipelineOptions(flags)
            self._options.get_all_options()
        except SystemExit as error:  # argparse has said why.
            raise UserError(f"--beam_options={','.join(options)} cannot be read") from error
        except (ValueError, ImportError, AttributeError) as error:
            raise UserError(f"--beam_runner={runner}: {summarize_error(error)}") from error

    @contextlib.contextmanager
    def open(self, folder: Path) -> Iterator[None]:
        """Makes a folder for the files between the pipelines.

        Raises:
            UserError: If Beam would take its path for a pattern.
        """
        if any(character in str(folder) for character in "*?["):
            raise UserError(
                f"--data_dir: Beam takes {folder} for a pattern; expected a path without * ? ["
            )
        with atomic_files.temporary_folder(folder) as self._folder:
            yield

    def scan(self, listing: Listing) -> FolderScan:
        """Checks every file in a pipeline, and reads its results."""
        names = self._write("names", enumerate(listing.names))
        with beam.Pipeline(runner=self._runner, options=self._options) as pipeline:
            _ = (
                pipeline
                | beam.io.ReadFromText(names)
                | beam.Reshuffle()
                | beam.ParDo(_Check(listing.folder))
                | beam.io.WriteToText(str(self._folder / "checked"))
            )
        return FolderScan(listing, self._results())

    def examples(self, scan: FolderScan, split: str) -> Any:
        """Returns the transform from nothing to the examples of a split."""
        return (
            beam.io.ReadFromText(self._write(split, scan.images(split)))
            | beam.Reshuffle()
            | beam.ParDo(_Encode(scan.listing.folder, bool(scan.classes)))
        )

    def download_options(self) -> dict[str, Any]:
        """Returns the runner and its options."""
        return {"beam_runner": self._runner, "beam_options": self._options}

    def _write(self, name: str, values: Iterable[Any]) -> str:
        path = self._folder / name
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{_line(value)}\n" for value in values)
        return str(path)

    def _results(self) -> Iterator[tuple[int, CheckedImage | str]]:
        for path in self._folder.glob("checked-*"):
            with path.open(encoding="utf-8") as file:
                yield from map(_value, file)


class _FilesDoFn(beam.DoFn):
    """Holds a worker process, which a bad file may end, on each of Beam's workers."""

    def __init__(self, folder: Path):
        self._folder = folder

    def setup(self) -> None:
        self._pool = WorkerPool(checking.__name__, num_workers=1)
        self._pool.__enter__()

    def teardown(self) -> None:
        self._pool.__exit__(None, None, None)


class _Check(_FilesDoFn):
    """Maps the number and the name of a file to its number and the checked file, or a reason."""

    def process(self, line: str) -> Iterator[str]:
        index, name = _value(line)
        for _, result in files.check(self._pool, self._folder, [name]):
            yield _line((index, result))


class _Encode(_FilesDoFn):
    """Maps a checked file to its key and example."""

    def __init__(self, folder: Path, are_labeled: bool):
        super().__init__(folder)
        self._are_labeled = are_labeled

    def process(self, line: str) -> Iterator[tuple[bytes, dict]]:
        image = _value(line)
        for name, encoded in files.encode(self._pool, self._folder, [image]):
            yield example(name, encoded, self._are_labeled)


def _split(text: str) -> list[str]:
    """Splits options at commas, except commas inside a value."""
    return [option for option in re.split(r",(?=--|\w+=)", text) if option]


def _line(value: Any) -> str:
    """Returns a value, such as a name of any bytes, as a line of text."""
    return base64.b64encode(pickle.dumps(value)).decode()


def _value(line: str) -> Any:
    return pickle.loads(base64.b64decode(line))
