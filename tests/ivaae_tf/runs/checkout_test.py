import os
import re
import subprocess

import pytest

from ivaae_tf.runs.record import git_commit


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)  # A hook of git sets them for its own repository.
    for name in ("ivaae_tf/program.py", "results/page.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("first\n")
    for arguments in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "1"),
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def commit_of(checkout):
    return git_commit(checkout / "ivaae_tf" / "program.py")


def test_the_commit_is_that_of_the_checkout(checkout):
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=checkout, text=True).strip()
    assert re.fullmatch("[0-9a-f]{40}", head)
    assert commit_of(checkout) == head


@pytest.mark.parametrize("name", ["ivaae_tf/program.py", "ivaae_tf/new.py", "flags/new.flags"])
def test_a_changed_or_new_file_of_the_program_shows(checkout, name):
    before = commit_of(checkout)
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("second\n")
    assert commit_of(checkout) == before + "+"


@pytest.mark.parametrize("name", ["results/page.md", "results/new.json", "notes.txt"])
def test_other_files_are_not_the_program(checkout, name):
    before = commit_of(checkout)
    (checkout / name).write_text("second\n")
    assert commit_of(checkout) == before


def test_a_file_of_no_checkout_has_none(tmp_path, checkout):
    installed = checkout / "ivaae_tf" / "installed.py"
    installed.touch()  # inside a repository, but not in it
    assert git_commit(installed) is None
    assert git_commit(tmp_path / "no_folder" / "program.py") is None
