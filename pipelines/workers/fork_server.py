"""Forks worker processes from a process that has imported TensorFlow once.

TensorFlow's import takes seconds, and a process that has used TensorFlow cannot be forked: the
threads would be missing. So a process of its own imports what the workers need, uses none of it,
and forks a worker in milliseconds, also in place of one that had to be ended. Unlike those of
`multiprocessing`, its workers do not import the user's main, and the one who asks for a worker gets
its exit status.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

_IMPORTED = ("pipelines.folder.files",)

_lock = threading.Lock()
_users = 0
_shared: "ForkServer | None" = None


@contextlib.contextmanager
def running() -> Iterator["ForkServer"]:
    """Yields the server of this process, which runs until the outermost such block ends."""
    global _users, _shared
    with _lock:
        if _shared is None:
            _shared = ForkServer()
        server = _shared
        _users += 1
    try:
        yield server
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _shared = None
                server.close()


class ForkServer:
    """The process that forks. It ends, with all workers, if this process ends in any way."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C goes to a whole group: one process answers it.
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109
                    "CUDA_VISIBLE_DEVICES": "-1",  # A worker would take memory of each GPU.
                },
            )

    def fork(self, target: Callable[..., None], *descriptors: int) -> tuple[Connection, int]:
        """Starts a worker.

        Args:
            target: Called in the worker with its end of the connection and the descriptors.
            *descriptors: Open files that the worker gets too.

        Returns:
            This process's end of the connection, and the worker's process id.

        Raises:
            RuntimeError: If the server has ended.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            pid = self._ask(b"fork", theirs.fileno(), *descriptors)
        connection = Connection(ours.detach())
        connection.send(target)
        return connection, pid

    def end(self, pid: int) -> int:
        """Kills a worker if it still runs, and returns its exit code as `subprocess` does."""
        return os.waitstatus_to_exitcode(self._ask(b"end %d" % pid))

    def close(self) -> None:
        """Ends the process. Its workers end too."""
        self._control.close()
        try:
            # While it still imports, it does not see that the socket is closed.
            self._process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, message: bytes, *descriptors: int) -> int:
        with self._lock:
            try:
                socket.send_fds(self._control, [message], list(descriptors))
                answer = self._control.recv(64)
            except OSError:
                answer = b""
            except BaseException:  # Ctrl-C: the next question would get this one's answer.
                self._control.close()
                raise
        if not answer:
            raise RuntimeError("the process that starts workers has ended")
        return int(answer)


_PROGRAM = (
    "import sys; from pipelines.workers import fork_server; fork_server.serve(int(sys.argv[1]))"
)


def serve(descriptor: int) -> None:
    """Forks and ends workers as a `ForkServer` asks for them, until that is closed."""
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # The collector would write to pages that workers share.
    control = socket.socket(fileno=descriptor)
    workers: set[int] = set()

    def answer(number: int) -> None:
        with contextlib.suppress(ConnectionError):  # The next question is then the end.
            control.send(b"%d" % number)

    while True:
        message = b""
        descriptors: list[int] = []
        with contextlib.suppress(ConnectionError):  # Whoever asked has ended.
            message, descriptors, _, _ = socket.recv_fds(control, 64, 8)
        command, *arguments = message.split() or [b""]
        if command == b"fork":
            pid = os.fork()
            if pid == 0:
                control.close()
                _run(*descriptors)
            workers.add(pid)
            for copy in descriptors:
                os.close(copy)
            answer(pid)
        elif command == b"end":
            answer(_end(int(arguments[0])))
            workers.discard(int(arguments[0]))
        else:
            for pid in workers:
                _end(pid)
            os._exit(0)  # An orderly end would take a while, with TensorFlow.


def _end(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)  # Of no effect if it has ended already.
    return os.waitpid(pid, 0)[1]


def _run(descriptor: int, *others: int) -> None:
    """Runs a worker, and ends its process."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)  # Libraries complain there about the files that they decode.
    connection = Connection(descriptor)
    try:
        connection.recv()(connection, *others)
    finally:
        os._exit(0)
