"""Tests of saving checkpoints."""

import keras
from keras.src.optimizers.base_optimizer import BaseOptimizer

from ivaae_tf import checkpoints
from tests.small_models import small_model


def test_a_save_makes_no_optimizers(tmp_path, monkeypatch):
    """Each would leave some 70 kB of memory, three for each checkpoint."""
    model, made = small_model(), []
    make = BaseOptimizer.__init__

    def counted(self, *args, **kwargs):
        made.append(self)
        make(self, *args, **kwargs)

    checkpoints.save(model, tmp_path / "first.keras")
    monkeypatch.setattr(BaseOptimizer, "__init__", counted)
    keras.optimizers.SGD()
    assert len(made) == 1  # It does count.
    checkpoints.save(model, tmp_path / "second.keras")
    assert len(made) == 1
