"""Prepares a process: TensorFlow's environment and messages, and the standard streams.

`import ivaae_tf` prepares TensorFlow for any script, which must import it before TensorFlow. This
module imports little, because a command should handle Ctrl-C within milliseconds.
"""

import io
import os
import sys

# Messages that C++ code prints before TensorFlow reads its log level.
_EXPECTED = (b"absl::InitializeLog", b"oneDNN custom operations", b"cudart_stub")
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


def prepare_tensorflow() -> None:
    """Sets what TensorFlow reads at its import, or warns that it is too late.

    A variable that the user has set stays.
    """
    if "tensorflow" in sys.modules:
        _warn_if_slow()
    else:
        sys.meta_path.insert(0, _QuietFinder)
    # Hides warnings about processors, missing CUDA, and files that cannot be decoded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow turns oneDNN off on x86 processors without AVX512-VNNI or AMX, but oneDNN is
    # faster there too: 1.2 times for the MNIST step, 1.3 to 2 times for a convolutional step.
    os.environ.setdefault(_ONEDNN, "1")


def prepare_streams() -> None:
    """Opens the standard streams that are closed, and lets the others show any text.

    Without the first, the next file that is opened would have the number of the closed stream, and
    get what C++ code prints. What the terminal cannot show is printed as "?".
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            null = os.open(os.devnull, os.O_RDWR)  # It gets the lowest number that is free.
            os.set_inheritable(null, null == descriptor)
            setattr(sys, name, os.fdopen(null, "w" if descriptor else "r", encoding="utf-8"))
        elif descriptor and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _warn_if_slow() -> None:
    """Warns if TensorFlow, which is imported, has its oneDNN kernels off."""
    try:
        from tensorflow.python.util import _pywrap_util_port
    except ImportError:  # It is not public.
        return
    if sys.stderr and os.environ.get(_ONEDNN) != "0" and not _pywrap_util_port.IsMklEnabled():
        print(
            "warning: TensorFlow was imported before ivaae_tf, with its oneDNN kernels off: steps "
            f"take 1.2 to 2 times as long; import ivaae_tf first, or set {_ONEDNN}=1 before",
            file=sys.stderr,
        )


class _QuietFinder:
    """Finds TensorFlow, and buffers standard error while it is imported.

    Unexpected lines are printed after the import.
    """

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Returns the spec of TensorFlow, None for other modules."""
        if name != "tensorflow":
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = (  # type: ignore[method-assign]
                lambda module: cls._execute(execute, module)
            )
        return spec

    @classmethod
    def _execute(cls, execute, module):
        if cls in sys.meta_path:
            sys.meta_path.remove(cls)
        try:
            terminal = os.dup(2)
        except OSError:  # It is closed.
            execute(module)
            return
        with os.fdopen(os.memfd_create("stderr"), "w+b") as buffer:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(buffer.fileno(), 2)
            try:
                execute(module)
            finally:
                os.dup2(terminal, 2)
                os.close(terminal)
                buffer.seek(0)
                for line in buffer:
                    if not any(expected in line for expected in _EXPECTED):
                        os.write(2, line)
