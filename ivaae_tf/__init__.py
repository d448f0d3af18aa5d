"""Intervention Adversarial Auto-Encoders: models, metrics and commands."""

from ivaae_tf.program import startup

startup.prepare_tensorflow()

# Type checkers take it as true. Importing `typing` takes several milliseconds.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ivaae_tf.models.autoencoder import InterventionAutoencoder
    from ivaae_tf.models.build import build_model
    from ivaae_tf.models.checkpoints import load_model
    from ivaae_tf.models.optimizers import FusedAdam
    from ivaae_tf.settings import Settings

__version__ = "0.2.0"

__all__ = ["FusedAdam", "InterventionAutoencoder", "Settings", "build_model", "load_model"]

_MODULES = {
    "FusedAdam": "ivaae_tf.models.optimizers",
    "InterventionAutoencoder": "ivaae_tf.models.autoencoder",
    "Settings": "ivaae_tf.settings",
    "build_model": "ivaae_tf.models.build",
    "load_model": "ivaae_tf.models.checkpoints",
}


def __dir__() -> list[str]:
    """Lists the module's names, those that `__getattr__` imports too."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> object:
    """Imports a public name on first use (PEP 562): TensorFlow takes seconds."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # Not above: a command should handle Ctrl-C within milliseconds.

    return getattr(importlib.import_module(_MODULES[name]), name)
