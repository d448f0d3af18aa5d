"""Lists what flags can name: `ivaae list methods`, `ivaae list flagfiles`, `ivaae list datasets`.

Without an argument, all of them.
"""

from collections.abc import Callable, Mapping, Sequence

from ivaae_tf.methods import METHODS
from ivaae_tf.program import flagfiles
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError

_DATASETS = {
    "digits": "1,797 digits of 8×8 pixels, which come with scikit-learn",
    "folder": "your own photos, with --image_folder=FOLDER",
    "array": "a NumPy array, with --array=FILE",
    "mnist, cifar10, celeb_a, …": "any image data set of TensorFlow Datasets, by its name",
    "huggingface:OWNER/NAME": "a data set of the Hugging Face Hub",
}


def main(argv: Sequence[str]) -> None:
    """Prints the names and what they are."""
    kinds = argv[1:] or list(_KINDS)
    for kind in kinds:
        if kind not in _KINDS:
            raise UserError(f"expected {', '.join(_KINDS)}; found {kind!r}")
    print("\n\n".join(_section(kind) for kind in kinds))


def _section(kind: str) -> str:
    names = _KINDS[kind]()
    width = max(map(len, names))
    lines = (f"  {name:{width}}  {purpose}" for name, purpose in names.items())
    return "\n".join([f"{kind} (--{kind.rstrip('s')}=…):", *lines])


def _methods() -> Mapping[str, str]:
    return {name: method.purpose for name, method in METHODS.items()}


def _flagfiles() -> Mapping[str, str]:
    return {path.stem: flagfiles.purpose(path) for path in sorted(flagfiles.FOLDER.glob("*.flags"))}


# Kind -> its names with their purposes.
_KINDS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "methods": _methods,
    "flagfiles": _flagfiles,
    "datasets": lambda: _DATASETS,
}


COMMAND = Command(main, description=__doc__, takes_arguments=True)
