"""The runs of a sweep: their commands, and which of them are finished."""

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ivaae_tf.plots.files import save
from ivaae_tf.program.atomic_files import locked
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import escaped
from ivaae_tf.sweeps.cells import Cell
from ivaae_tf.sweeps.runner import Job, run_jobs


@dataclasses.dataclass(frozen=True)
class SweptRun:
    """A run of a cell with one seed.

    Attributes:
        cell: The values of the varied flags.
        folder: Its folder.
        commands: Names of commands with all flags except --workdir, in order.
    """

    cell: Cell
    folder: Path
    commands: Sequence[Sequence[str]]

    @property
    def command_lines(self) -> list[list[str]]:
        """The commands as they could be run by hand."""
        return [["ivaae", *each, f"--workdir={self.folder}"] for each in self.commands]

    @property
    def job(self) -> Job:
        """The commands as the sweep runs them."""
        return Job(self.folder, [["-m", "ivaae_tf", *each[1:]] for each in self.command_lines])

    @property
    def is_finished(self) -> bool:
        """Whether these commands have finished it, also in a folder that was moved."""
        path, text = self._finished
        return path.exists() and path.read_bytes() == text

    def set_finished(self) -> None:
        """Stores that these commands have finished it."""
        save(*self._finished)

    @property
    def _finished(self) -> tuple[Path, bytes]:
        text = "".join(f"ivaae {shlex.join(each)}\n" for each in self.commands)
        return self.folder / "finished_commands.txt", text.encode()


def complete(workdir: Path, runs: Sequence[SweptRun], num_processes: int, minutes: float) -> int:
    """Runs those that are not finished, and prints a line for each that fails.

    An interrupted run resumes from its last checkpoint. With 0 minutes, nothing is done.

    Returns:
        How many have failed.

    Raises:
        UserError: If another process does the same in the folder.
    """
    if not minutes:
        return 0
    missing = {run.folder: run for run in runs if not run.is_finished}
    num_failed = 0

    def after(job: Job, seconds: Sequence[float], status: int) -> None:
        nonlocal num_failed
        if not status:
            missing[job.folder].set_finished()
            return
        num_failed += 1
        name, command = job.folder.relative_to(workdir), job.commands[len(seconds) - 1][2]
        last_line = job.log.read_text("utf-8", "replace").strip().rpartition("\n")[2][-300:]
        line = f"{name}: {command} exited with status {status}: {last_line} (see {job.log})"
        tqdm.write(escaped(line), sys.stderr)

    try:
        with locked(workdir / ".lock", wait=False):
            run_jobs(
                [run.job for run in missing.values()],
                after,
                num_processes=num_processes,
                minutes=minutes,
            )
    except BlockingIOError as error:
        raise UserError(f"--workdir: another sweep is running in {workdir}") from error
    return num_failed
