"""Ctrl-C and SIGTERM: one line and a documented exit status, within seconds.

The exit status is 130 after Ctrl-C and 143 after SIGTERM. What a signal does depends on what the
program does:

- While modules are imported, it ends the process at once.
- Then it raises `Interrupted`, so that files are closed and temporary folders removed.
- In a block of `deferred`, it is only noted; training finishes its step, and saves.
- If the process has not ended after some seconds, a thread ends it. TensorFlow may wait for
  another machine, or have lost the exception while it traced a function.
- A second signal ends the process at once.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

from ivaae_tf.program import standard_streams

_SECONDS_TO_END = 8.0
_KEPT = "finished work is kept: run the same command again to continue"
_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM"}
SIGNALS = tuple(_WORDS)


class Interrupted(KeyboardInterrupt):
    """Raised by a signal; no `except Exception` catches it.

    Attributes:
        signal: Its number.
        status: The exit status of the process.
        message: The line for the user.
    """

    def __init__(self, number: int, kept: str = _KEPT):
        super().__init__()
        self.signal = number
        self.status = 128 + number
        self.message = f"{_WORDS[signal.Signals(number)]}; {kept}"


class _State:
    """What this process knows of signals."""

    def __init__(self) -> None:
        self.received: int | None = None
        self.raises = False
        self.has_raised = False
        self.is_deferred = False
        self.deadline = 0.0
        self.has_spoken = False
        self.pipe: tuple[int, int] | None = None
        self.standard_error: int | None = None


_state = _State()


def install() -> None:
    """Handles Ctrl-C and SIGTERM from now on; only the main thread of a program can call it.

    The standard streams are prepared first, because the pipe would get the number of a closed one.
    """
    if _state.pipe is None:
        standard_streams.prepare()
        read, write = os.pipe()
        os.set_blocking(write, False)
        _state.pipe = read, write
        with contextlib.suppress(OSError):  # It may be closed.
            _state.standard_error = os.dup(2)  # While TensorFlow is imported, 2 is another file.
        # Also if no Python code runs in the main thread, the system writes to the pipe.
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        threading.Thread(target=_end_later, args=(read,), daemon=True).start()
        os.register_at_fork(after_in_child=_end_by_signals)
        sys.unraisablehook = _hook_unless_interrupted(sys.unraisablehook, Interrupted)
    for number in _WORDS:
        signal.signal(number, _handle)


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Lets a signal in the block raise `Interrupted`; all modules are imported."""
    _state.raises = True
    try:
        yield
    finally:
        _state.raises = False


def requested() -> int | None:
    """Returns the number of the signal that asks this process to end, or None."""
    return _state.received


def raised() -> int | None:
    """Returns the number of the signal that raised `Interrupted`, or None."""
    return _state.received if _state.has_raised else None


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Lets a signal in the block be only noted, for `requested`."""
    before, _state.is_deferred = _state.is_deferred, True
    try:
        yield
    finally:
        _state.is_deferred = before


@contextlib.contextmanager
def more_time(seconds: float) -> Iterator[None]:
    """Gives the block some seconds to end after a signal; to save what would be lost."""
    _state.deadline = time.monotonic() + seconds
    try:
        yield
    finally:
        _state.deadline = time.monotonic() + _SECONDS_TO_END / 4


@contextlib.contextmanager
def left_to_the_system() -> Iterator[None]:
    """Lets the system end the process at once by a signal in the block, without a line."""
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in _WORDS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def say(interrupted: Interrupted) -> int:
    """Prints the line of an interruption, once, and returns the exit status."""
    if not _state.has_spoken:
        _state.has_spoken = True
        with contextlib.suppress(OSError):
            os.write(_state.standard_error or 2, f"{interrupted.message}\n".encode())
    return interrupted.status


def _handle(number: int, frame: object) -> None:
    if _state.received is not None or not (_state.raises or _state.is_deferred):
        os._exit(say(Interrupted(number)))
    _state.received = number
    if not _state.is_deferred:
        _state.has_raised = True
        raise Interrupted(number)


def _hook_unless_interrupted(
    hook: Callable[["sys.UnraisableHookArgs"], None], interrupted: type
) -> Callable[["sys.UnraisableHookArgs"], None]:
    """Returns a hook that is silent if a signal came while an object was removed.

    Its arguments are not globals, which Python sets to None when it ends.
    """

    def hook_unless_interrupted(problem: "sys.UnraisableHookArgs") -> None:
        if not isinstance(problem.exc_value, interrupted):
            hook(problem)

    return hook_unless_interrupted


def _end_later(pipe: int) -> None:
    """Ends the process some seconds after a signal."""
    while (number := os.read(pipe, 1)[0]) not in _WORDS:
        pass
    start = time.monotonic()
    while time.monotonic() < max(_state.deadline, start + _SECONDS_TO_END):
        time.sleep(0.05)
    os._exit(say(Interrupted(number)))


def _end_by_signals() -> None:
    """Lets signals end a forked process, whose parent would else answer for them."""
    signal.set_wakeup_fd(-1)
    for number in _WORDS:
        signal.signal(number, signal.SIG_DFL)
