"""Signals to small programs, without TensorFlow."""

import pathlib
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import sys, time
from ivaae_tf.program import interruption
interruption.install()
interruption._SECONDS_TO_END = 1.0
def ready():
    print("ready", flush=True)
def wait():
    for _ in range(300):
        time.sleep(0.02)
{body}
"""
RAISING = """
try:
    with interruption.raising():
        ready()
        wait()
except interruption.Interrupted as error:
    print("cleaned up")
    sys.exit(interruption.say(error))
"""


def ended_by(body, *signals):
    """Returns the exit status, the output and the seconds until the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        cwd=pathlib.Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    start = time.monotonic()
    for number in signals:
        process.send_signal(number)
        time.sleep(0.1)
    out, error = process.communicate(timeout=20)
    return process.returncode, out, error, time.monotonic() - start


@pytest.mark.parametrize(
    ("number", "status", "line"),
    [
        (signal.SIGINT, 130, "interrupted; finished work is kept"),
        (signal.SIGTERM, 143, "ended by SIGTERM; finished work is kept"),
    ],
)
def test_a_signal_is_a_line_and_a_status(number, status, line):
    for body, expected in (("ready(); wait()", ""), (RAISING, "cleaned up\n")):
        returncode, out, error, _ = ended_by(body, number)
        assert (returncode, out) == (status, expected)
        assert error.startswith(line) and error.count("\n") == 1


def test_a_deferred_signal_is_noted_and_a_second_one_ends_at_once():
    body = """
with interruption.deferred(), interruption.more_time(5):
    ready()
    while not interruption.requested():
        time.sleep(0.01)
    time.sleep(0.5)
print("saved")
sys.exit(interruption.say(interruption.Interrupted(interruption.requested(), "saved")))
"""
    returncode, out, error, _ = ended_by(body, signal.SIGTERM)
    assert (returncode, out, error) == (143, "saved\n", "ended by SIGTERM; saved\n")
    returncode, out, _, seconds = ended_by(body, signal.SIGINT, signal.SIGINT)
    assert (returncode, out) == (130, "")
    assert seconds < 0.5


@pytest.mark.parametrize(
    "body",
    [
        # As Keras does with a bare except.
        "with interruption.raising():\n  try:\n    ready()\n    wait()\n  except: wait()",
        # No Python code of the main thread runs, and so no handler, except if it is early.
        "import hashlib\ntry:\n  with interruption.raising():\n    ready()\n"
        "    hashlib.pbkdf2_hmac('sha512', b'', b'', 10**8)\n"
        "except interruption.Interrupted as error: sys.exit(interruption.say(error))",
    ],
)
def test_a_lost_signal_ends_the_process_a_little_later(body):
    returncode, _, error, seconds = ended_by(body, signal.SIGINT)
    assert returncode == 130
    assert error.count("\n") == 1
    assert seconds < 4


def test_the_signal_of_a_forked_process_does_not_end_its_parent():
    body = """
import os, signal
child = os.fork()
if not child:
    wait()
    os._exit(0)
time.sleep(0.3)
os.kill(child, signal.SIGTERM)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
ready()
time.sleep(1.5)
"""
    assert ended_by(body)[0] == 0
