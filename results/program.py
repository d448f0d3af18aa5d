"""The main that all studies share: runs what is missing, then writes the page."""

import abc
import functools
from collections.abc import Collection, Sequence
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

from absl import flags

from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path, output_folder
from ivaae_tf.program.ranges import Range
from results.page import Page
from results.run import Record, Run, read_record
from results.runner import Runner

FLAGS = flags.FLAGS

ROOT = Path(__file__).parent


class Study(abc.ABC):
    """A study: its runs and its page.

    Attributes:
        name: Name of its package in `results`.
        title: Title of the page.
    """

    name: str
    title: str

    @abc.abstractmethod
    def runs(self) -> list[Run]:
        """Returns all runs, the most needed first."""

    @abc.abstractmethod
    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found, in two sentences, from the records of all runs."""

    @abc.abstractmethod
    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds text, tables and figures to the page, from the records that there are."""

    @property
    def folder(self) -> Path:
        """The folder of its page, its numbers and its records."""
        return ROOT / self.name

    def records(self) -> list[Record]:
        """Returns the records of the finished runs."""
        paths = ((self.folder / "records" / f"{run.name}.json", run) for run in self.runs())
        return [read_record(path, run) for path, run in paths if path.exists()]

    def write_page(self, folder: Path) -> None:
        """Writes the page, its figures and its numbers to a folder."""
        page, records = Page(folder, self.title), self.records()
        if missing := {run.name for run in self.runs()} - {record.run.name for record in records}:
            page.text(*_not_complete(missing, len(self.runs())))
        else:
            page.text(f"**Found:** {self.found(records)}")
        if self.runs():
            page.text(
                "The [common conditions](../CONDITIONS.md) hold, unless something else is said."
            )
        self.write(page, records)
        page.save(self.runs(), records)


def _not_complete(missing: Collection[str], count: int) -> list[str]:
    """Returns the beginning of a page without all of its runs."""
    return [
        f"**Not complete:** {count - len(missing)} of {count} runs are done.",
        f"<details><summary>Missing runs: {len(missing)}</summary>",
        ", ".join(f"`{name}`" for name in sorted(missing)),
        "</details>",
    ]


@functools.cache
def records_of(kind: type[Study]) -> list[Record]:
    """Returns the records of another study, read once."""
    return kind().records()


def run(study: Study) -> None:
    """Runs a study's main and ends the process."""

    def main(argv: Sequence[str]) -> None:
        del argv
        places = {name: FLAGS[name].value for name in ("data_dir", "image_folder", "manual_dir")}
        data_flags = [f"--{name}={place}" for name, place in places.items() if place]
        runner = Runner(
            Path(FLAGS.workdir, study.name), data_flags, FLAGS.num_processes, FLAGS.minutes
        )
        try:
            runner.complete(study.runs(), study.folder / "records")
        finally:
            study.write_page(study.folder)

    command_line.run(Command(main, _declare_flags))


def _declare_flags() -> None:
    define_path(
        "workdir", "runs/results", "Folder for the runs, with their checkpoints.", output_folder
    )
    define_data_location_flags()
    define_number("num_processes", 2, "Runs at a time.", Range(1, 1000))
    define_number(
        "minutes",
        1e6,
        "Minutes after which no further run begins; with 0, only the page is written.",
        Range(0.0, 1e6),
    )
