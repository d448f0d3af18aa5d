"""Each command line has one of three outcomes before the work, and accepted values are valid.

The outcomes are: the work may begin; one line and the exit status 1 or 2; or the help.
"""

import subprocess
import sys

import pytest

from ivaae_tf.commands import COMMANDS
from tests.mains import REPOSITORY


@pytest.mark.parametrize("name", COMMANDS)
def test_any_flags_are_accepted_or_refused_in_one_line(name, pytestconfig):
    num_examples = str(pytestconfig.getoption("flag_examples"))
    finished = subprocess.run(
        [sys.executable, "-m", "tests.flag_values", name, num_examples],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr + finished.stdout
    assert finished.stdout.startswith(name)
    print(finished.stdout)
