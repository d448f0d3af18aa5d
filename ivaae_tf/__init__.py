"""Intervention Adversarial Auto-Encoders: models, metrics and commands."""

from ivaae_tf.program import startup

startup.prepare_tensorflow()

# Type checkers take it as true. Importing `typing` takes several milliseconds.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ivaae_tf.api.data import open_dataset
    from ivaae_tf.api.opening import open_run
    from ivaae_tf.api.run import Run
    from ivaae_tf.api.scores import evaluate
    from ivaae_tf.api.training import train
    from ivaae_tf.layers import (
        AdversarialDivergence,
        BlockwiseIntervention,
        MaximumMeanDiscrepancy,
        RadialIntervention,
        SVGDIntervention,
    )
    from ivaae_tf.models.autoencoder import InterventionAutoencoder
    from ivaae_tf.models.build import build_model
    from ivaae_tf.models.checkpoints import load_model
    from ivaae_tf.models.optimizers import FusedAdam
    from ivaae_tf.program.errors import UserError
    from ivaae_tf.settings import Settings

__version__ = "0.2.0"

__all__ = [
    "AdversarialDivergence",
    "BlockwiseIntervention",
    "FusedAdam",
    "InterventionAutoencoder",
    "MaximumMeanDiscrepancy",
    "RadialIntervention",
    "Run",
    "SVGDIntervention",
    "Settings",
    "UserError",
    "build_model",
    "evaluate",
    "load_model",
    "open_dataset",
    "open_run",
    "train",
]

_MODULES = {
    "AdversarialDivergence": "ivaae_tf.layers",
    "BlockwiseIntervention": "ivaae_tf.layers",
    "FusedAdam": "ivaae_tf.models.optimizers",
    "InterventionAutoencoder": "ivaae_tf.models.autoencoder",
    "MaximumMeanDiscrepancy": "ivaae_tf.layers",
    "RadialIntervention": "ivaae_tf.layers",
    "Run": "ivaae_tf.api.run",
    "SVGDIntervention": "ivaae_tf.layers",
    "Settings": "ivaae_tf.settings",
    "UserError": "ivaae_tf.program.errors",
    "build_model": "ivaae_tf.models.build",
    "evaluate": "ivaae_tf.api.scores",
    "load_model": "ivaae_tf.models.checkpoints",
    "open_dataset": "ivaae_tf.api.data",
    "open_run": "ivaae_tf.api.opening",
    "train": "ivaae_tf.api.training",
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
