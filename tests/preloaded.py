"""Imports what the commands import, for the processes that are forked from this one.

The main and the modules that need a package that may be missing are left out.
"""

import functools
import gc
import importlib
import pkgutil

import ivaae_tf  # sets TensorFlow's log level before its import
import pipelines
from pipelines.workers.pool import WorkerPool

for heavy in (
    *("tensorflow", "keras", "tensorflow_probability", "tensorflow_datasets"),
    "tensorboard.plugins.hparams.api",
):
    importlib.import_module(heavy)
for package in (ivaae_tf, pipelines):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2] not in ("__main__", "beam", "huggingface"):
            importlib.import_module(module.name)

# Scores of the tests need no good classifier: a twelfth of the steps, which would take 40 s.
training = importlib.import_module("ivaae_tf.metrics.extractors.classifier_training")
training.train_classifier = functools.partial(training.train_classifier, num_steps=100)

# One worker checks the few photos of a test. A second one would import TensorFlow, too.
one_worker = functools.partial(WorkerPool, num_workers=1)
for name in ("workers.pool", "folder.named_images", "folder.work"):
    importlib.import_module(f"pipelines.{name}").WorkerPool = one_worker

# Processes need not look for garbage among these objects, which would copy their memory.
gc.collect()
gc.freeze()
