"""The main that all studies share: runs what is missing, then writes the page."""

import abc
import functools
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.commands.shared_flags import define_job_flags
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.path_flags import define_path, output_folder
from ivaae_tf.sweeps.runner import Job, run_jobs
from results.page import Page
from results.run import Record, Run, read_record

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
        paths = ((_record(self.folder / "records", run), run) for run in self.runs())
        return [read_record(path, run) for path, run in paths if path.exists()]

    def missing(self, records: Sequence[Record]) -> list[str]:
        """Returns the names of the runs without a record, sorted."""
        return sorted({run.name for run in self.runs()} - {record.run.name for record in records})

    def write_page(self, folder: Path) -> None:
        """Writes the page, its figures and its numbers to a folder."""
        page, records = Page(folder, self.title), self.records()
        if missing := self.missing(records):
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
        ", ".join(f"`{name}`" for name in missing),
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
        try:
            complete(
                study.runs(),
                study.folder / "records",
                Path(FLAGS.workdir, study.name),
                data_flags,
                num_processes=FLAGS.num_processes,
                minutes=FLAGS.minutes,
            )
        finally:
            study.write_page(study.folder)

    command_line.run(Command(main, _declare_flags))


def complete(
    runs: Sequence[Run],
    records: Path,
    workdir: Path,
    data_flags: Sequence[str] = (),
    **options: Any,
) -> None:
    """Runs those that have no record, and writes their records.

    An interrupted run resumes from its last checkpoint.

    Args:
        runs: All runs.
        records: Folder of the records.
        workdir: Folder for the runs.
        data_flags: Flags of the places of the data on this machine.
        **options: Arguments of `run_jobs`.

    Raises:
        UserError: If a run fails; the others are stopped, and resume next time.
    """
    missing = {workdir / run.name: run for run in runs if not _record(records, run).exists()}
    jobs = [
        Job(folder, [["-m", *run.arguments(each, folder), *data_flags] for each in run.commands])
        for folder, run in missing.items()
    ]

    def after(job: Job, seconds: Sequence[float], status: int) -> None:
        run = missing[job.folder]
        names = [name for name, *_ in run.commands]
        if status:
            failed = names[len(seconds) - 1]
            raise UserError(f"{run.name}: {failed} ended with status {status}; see {job.log}")
        of_commands: dict[str, float] = {}
        for name, elapsed in zip(names, seconds, strict=True):
            of_commands[name] = round(of_commands.get(name, 0.0) + elapsed, 1)
        Record(run, run.outcome(job.folder), of_commands).write(_record(records, run))

    run_jobs(jobs, after, **options)


def _record(records: Path, run: Run) -> Path:
    return records / f"{run.name}.json"


def _declare_flags() -> None:
    define_path(
        "workdir", "runs/results", "Folder for the runs, with their checkpoints.", output_folder
    )
    define_data_location_flags()
    define_job_flags(2, "page")
