import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_number_of_a_closed_stream_goes_to_no_file(closed, tmp_path):
    """As `dup` of POSIX says, the next file gets the lowest number that is free."""
    source = (
        "import sys; from ivaae_tf.program import interruption; interruption.install()\n"
        f"file = open({str(tmp_path / 'file')!r}, 'w')\n"
        "print('text'); print('text', file=sys.stderr); sys.stdin.fileno()\n"
        "print(file.fileno(), sys.stdout.isatty(), file=file)"
    )
    subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, source], cwd=ROOT, check=True
    )
    number, is_terminal = (tmp_path / "file").read_text("utf-8").split()
    assert int(number) > 2
    assert is_terminal == "False"


@pytest.mark.parametrize("encoding", ["iso8859-1", "euc_jp", "ascii"])
def test_what_the_terminal_cannot_show_is_a_question_mark(encoding):
    process = subprocess.run(
        [sys.executable, "-m", "ivaae_tf", "train", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    symbol = "μ₁".encode(encoding, "replace")
    assert b"--discriminator_weight: %b, weight" % symbol in process.stdout
    assert b"?" in symbol
    assert process.stderr == b""
