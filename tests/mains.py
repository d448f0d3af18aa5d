"""Runs the program's commands as a user does, without importing TensorFlow each time.

Each run is a separate process, forked from a server that has only imported modules. A run exits at
once if it uses the network, so each test of a main also checks that the main works without it.
"""

import dataclasses
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import ivaae_tf  # noqa: F401  sets TensorFlow's log level, which the server inherits

REPOSITORY = Path(__file__).parents[1]

LOOPBACK = ("localhost", "127.0.0.1", "::1", "", None)
NETWORK_IS_USED = 97  # exit status

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.preloaded"])


@dataclasses.dataclass
class Finished:
    """The exit status and the output of a process."""

    returncode: int
    stdout: str
    stderr: str


class Main:
    """A running command in the folder `cwd`, with more environment variables than this process.

    The first argument is a command of `ivaae`, or a module of the tests that is a main.
    """

    def __init__(
        self,
        name: str,
        *flags: str,
        cwd: Path = REPOSITORY,
        environment: Mapping[str, str] | None = None,
    ):
        self._output = tempfile.TemporaryDirectory()
        arguments = ((name, *map(str, flags)), self._output.name, cwd, environment or {})
        self.process = _SERVER.Process(target=_run, args=arguments)
        self.process.start()

    def wait(self, timeout: float = 300) -> Finished:
        """Waits for the end, and kills the main after `timeout` seconds."""
        self.process.join(timeout)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        return Finished(self.process.exitcode, *map(self.printed, ("stdout", "stderr")))

    def printed(self, name: str = "stderr") -> str:
        """Returns the output so far on "stdout" or "stderr"."""
        path = Path(self._output.name, name)
        # The process may be killed before it opens the files.
        return path.read_text() if path.exists() else ""


def run(name: str, *flags: str) -> Finished:
    """Runs a command to its end."""
    return Main(name, *flags).wait()


def _refuse_network(event: str, arguments: tuple) -> None:
    """Exits if Python code requests a host name or a connection outside this machine.

    Libraries continue without a network after an error, so an error would not be noticed.
    """
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in LOOPBACK:
        print(f"refused: a connection to {host}", file=sys.stderr, flush=True)
        os._exit(NETWORK_IS_USED)


def _run(
    arguments: tuple[str, ...], output: str, cwd: Path, environment: Mapping[str, str]
) -> None:
    # A shell ignores it if tests run in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(_refuse_network)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        with Path(output, name).open("w") as file:
            os.dup2(file.fileno(), descriptor)
    # `sys.stdout` and `sys.stderr` from before the fork do not follow the new descriptors.
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    os.chdir(cwd)
    os.environ.update(environment)
    tempfile.tempdir = None  # The server of processes may have looked at its own TMPDIR.
    if "." in arguments[0]:
        sys.argv = list(arguments)
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["ivaae", *arguments]
        runpy.run_module("ivaae_tf", run_name="__main__", alter_sys=True)
