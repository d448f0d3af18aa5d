"""Accidents of the commands other than training: some five seconds for each.

What a command has begun is finished by the same command, with the same result.
"""

import os
import re
import shutil
import signal
import time

import numpy as np
import psutil
import pytest

from tests.chaos import commands
from tests.chaos.runs import start
from tests.mains import Main


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with a run, its export, its report, pictures and their records."""
    folder = tmp_path_factory.mktemp("inputs")
    finished = start(folder, "--epochs=2").wait()
    assert finished.returncode == 0, finished.stderr
    commands.write_photos(folder / "photos")
    for name in ("export", "prepare", "report"):
        finished = disturb(commands.CASES[name], folder, folder).wait()
        assert finished.returncode == 0, finished.stderr
    shutil.rmtree(folder / "tmp")
    return folder


def disturb(case, folder, inputs, accident="none", number=0):
    """Starts a command that has an accident."""
    flags = case.flags(folder, inputs)
    return Main("tests.chaos.disturbed", str(folder), accident, str(number), case.module, *flags)


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_equal(found[name], value, err_msg=name)


def assert_one_line(finished):
    """Checks that an accident was told in one line, or not at all by a killed process."""
    assert "Traceback" not in finished.stderr, finished.stderr
    lines = [line for line in finished.stderr.splitlines() if "error: " in line]
    assert len(lines) == (finished.returncode == 1), finished.stderr
    assert finished.returncode in (0, 1, 143, -signal.SIGKILL), finished


def assert_nothing_runs(folder):
    """Checks that no process that the command started outlives it by more than seconds."""
    deadline = time.monotonic() + 60  # A server that imports TensorFlow sees it later.
    while running := [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _temporary_folder(process) == str(folder / "tmp")
    ]:
        assert time.monotonic() < deadline, running
        time.sleep(0.1)


def _temporary_folder(process):
    try:
        return process.environ().get("TMPDIR")
    except psutil.Error:
        return None


class Series:
    """A command that has one accident after the other, until it finishes; then it begins again."""

    def __init__(self, case, inputs, place):
        self._case, self._inputs, self._place = case, inputs, place
        self.num_finished = 0
        whole = place / "whole"
        case.begin(whole, inputs)
        began = time.monotonic()
        finished = disturb(case, whole, inputs).wait()
        self.seconds = time.monotonic() - began
        assert finished.returncode == 0, finished.stderr
        self.num_operations = int(re.search(r"operations: (\d+)", finished.stdout)[1])
        self._expected = case.results(whole)
        self._begin()

    def _begin(self):
        self._folder = self._place / f"disturbed{self.num_finished}"
        self._folder.mkdir()
        self._case.begin(self._folder, self._inputs)
        self._kept = self._case.kept(self._folder)

    def have(self, accident, number, seconds=None):
        """Runs the command with an accident; after `seconds`, it is a SIGKILL or SIGTERM."""
        running = disturb(self._case, self._folder, self._inputs, accident, number)
        if seconds is not None:
            running.process.join(seconds)
            if accident == "SIGKILL":
                running.process.kill()
            else:
                running.process.terminate()
        finished = running.wait()
        assert_one_line(finished)
        assert_nothing_runs(self._folder)
        assert_equal(self._case.kept(self._folder), self._kept)
        return finished

    def finish(self):
        """Runs the command undisturbed, and compares all that it has written."""
        finished = disturb(self._case, self._folder, self._inputs).wait()
        if finished.returncode == 0:
            leftovers = [path for path in self._folder.rglob("*") if "incomplete." in path.name]
            leftovers += self._folder.rglob(".replaced.*")
            leftovers += (self._folder / "tmp").iterdir()
            assert not leftovers
        else:  # It had been finished before the accident.
            assert re.search("give a new folder|is not an empty folder", finished.stderr), (
                finished.stderr
            )
        assert_equal(self._case.results(self._folder), self._expected)
        shutil.rmtree(self._folder)
        self.num_finished += 1
        self._begin()


@pytest.fixture(params=commands.CASES)
def series(request, inputs, tmp_path):
    return Series(commands.CASES[request.param], inputs, tmp_path)


def test_a_killed_command_is_finished_by_the_same_command(chaos, num_accidents, series):
    statuses = []
    for number in range(num_accidents):
        accident = chaos.choice(["SIGKILL", "SIGTERM"])
        if number % 3 == 0:
            seconds = chaos.uniform(0, series.seconds)
            finished = series.have(accident, 10**9, seconds)
        else:
            finished = series.have(accident, chaos.randrange(1, series.num_operations + 1))
        statuses.append(finished.returncode)
        if not finished.returncode or chaos.random() < 0.25 or number == num_accidents - 1:
            series.finish()
    print(
        f"{statuses.count(-signal.SIGKILL)} by SIGKILL, {statuses.count(143)} by SIGTERM of "
        f"{num_accidents}, finished {series.num_finished} times; {series.num_operations} operations"
    )


def test_a_command_on_a_full_disk_goes_on_when_there_is_room(chaos, num_accidents, series):
    num_failed = 0
    for number in range(num_accidents):
        if number % 2:
            finished = series.have("full", chaos.randrange(1, series.num_operations + 1))
        else:
            # The limit holds for the files that get standard output and error, too.
            finished = series.have("bytes", int(10 ** chaos.uniform(4, 6.5)))
        num_failed += finished.returncode == 1
        if not finished.returncode or chaos.random() < 0.25 or number == num_accidents - 1:
            series.finish()
    print(
        f"{num_failed} of {num_accidents} exited with an error, "
        f"finished {series.num_finished} times; {series.num_operations} operations"
    )
