"""Intervention Adversarial Auto-Encoders: models, metrics and the programs that run them."""

import importlib
from typing import TYPE_CHECKING

import pipelines  # noqa: F401  sets what TensorFlow reads when it is imported

if TYPE_CHECKING:
    from ivaae_tf.autoencoder import InterventionAutoencoder
    from ivaae_tf.checkpoints import load_model
    from ivaae_tf.optimizers import FusedAdam
    from ivaae_tf.settings import Settings, build_model

__version__ = "0.1.0"

__all__ = ["FusedAdam", "InterventionAutoencoder", "Settings", "build_model", "load_model"]

_MODULES = {
    "FusedAdam": "ivaae_tf.optimizers",
    "InterventionAutoencoder": "ivaae_tf.autoencoder",
    "Settings": "ivaae_tf.settings",
    "build_model": "ivaae_tf.settings",
    "load_model": "ivaae_tf.checkpoints",
}


def __dir__() -> list[str]:
    """Lists what can be asked for."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> object:
    """Imports what is asked for when it is, as TensorFlow takes seconds (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
