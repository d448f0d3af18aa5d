"""The finished runs that a study sets side by side."""

import collections
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivaae_tf.options import Settings
from ivaae_tf.run_directory import RunDirectory
from pipelines.errors import UserError


def named_runs(workdirs: Sequence[str]) -> dict[str, RunDirectory]:
    """Returns runs by the names that tell them apart: those of their folders, or else the paths.

    Args:
        workdirs: Folders of finished runs, in the order of the result.

    Raises:
        UserError: If a folder is given twice, or holds no run.
    """
    paths = collections.Counter(Path(workdir).resolve() for workdir in workdirs)
    for path, count in paths.items():
        if count > 1:
            raise UserError(f"--workdir: {path} is given {count} times; give each run once")
    folders = collections.Counter(Path(workdir).name for workdir in workdirs)
    named = {}
    for workdir in workdirs:
        run = RunDirectory(workdir)
        run.read_record()
        folder = run.path.name
        named[folder if folder and folders[folder] == 1 else str(run.path)] = run
    return named


def read_settings(run: RunDirectory) -> Settings:
    """Returns the settings that a run was trained with.

    Raises:
        UserError: If its record has other settings than this version of the program.
    """
    recorded = run.read_record().get("settings", {})
    # JSON has no tuples.
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in recorded.items()
    }
    try:
        return Settings(**values)
    except TypeError as error:
        raise UserError(
            f"--workdir: {run.record_path} is of another version of this program ({error})"
        ) from error
