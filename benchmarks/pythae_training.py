"""Trains pythae's AAE, WAE-MMD or VAE with our data and networks, and scores it with our scores.

    python3.11 -m venv pythae_venv && pythae_venv/bin/pip install -r benchmarks/requirements.txt
    pythae_venv/bin/python -m benchmarks.pythae_training --out=runs/pythae_aae.json

The model and the trainer are pythae's, unmodified. Images, hidden layers, d, batch size and scores
are as in `flags/mnist_aae.flags`, `flags/mnist_wae_mmd.flags` or `flags/mnist_vae.flags`, unless
--image_size or --width is set. The learning rates are equal, too, except that pythae has one
learning rate for encoder and decoder: 5e-5, while our decoder has 1e-4; --learning_rate changes it.
With --settings=pythae, the default, the rest of the AAE is pythae's choice:

- The encoder is stochastic, z ~ N(μ(x), σ²(x)). The discriminator and FLD use this z, and images
  are reconstructed from μ(x). Ours has z = E(x).
- Images are in [0, 1] and the decoder ends in a sigmoid. The scores map them to [−1, 1].
- The loss is 0.5 × the sum of squared errors in [0, 1], which is 0.125 × the sum in [−1, 1], plus
  0.5 × the adversarial loss. Ours are 0.05 and 1, so pythae weighs reconstruction five times more.
- Adam's β₁ is 0.9; ours is 0.5.

The loss of the WAE-MMD is the sum of squared errors in [0, 1], 0.25 × the sum in [−1, 1], plus
0.03 × the same discrepancy that ours weighs with 10. The VAE's weights are equal to ours.

--settings=ours sets our weights, our β₁ and a deterministic encoder with pythae's options, and
--signed_inputs passes images in [−1, 1] to the encoder. Five differences remain: the decoder ends
in a sigmoid; the encoder's step against the discriminator comes before the discriminator's step
instead of after it; an epoch includes its last, smaller batch; initial weights are PyTorch's;
Adam's ε is 1e-8 instead of 1e-7. The model of the last epoch is scored. If --out exists, it is
printed without training.

Measure times on an idle machine: PyTorch's threads wait for one another, and one other busy process
can make a step on two cores several times slower.
"""

import dataclasses
import importlib.metadata
import json
import logging
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from absl import flags
from pythae.models.base import BaseAE
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks import pythae_models, pytorch_adapter
from benchmarks.machine import processor_name
from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import EvaluationOptions
from ivaae_tf.commands.data_flags import define_data_flags
from ivaae_tf.commands.setting_flags import define_setting_flags
from ivaae_tf.evaluation.evaluator import make_evaluator
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from pipelines import datasets

FLAGS = flags.FLAGS


def _declare_flags() -> None:
    define_data_flags()
    FLAGS.set_default("dataset", "mnist")
    define_setting_flags(EvaluationOptions)
    flags.DEFINE_string("out", None, "JSON file for the scores and times.", required=True)
    flags.DEFINE_integer("epochs", 5, "Epochs to train.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Seed of weights, order of images and noise.", lower_bound=0)
    flags.DEFINE_enum("model", "aae", list(pythae_models.MODELS), "Model to train.")
    flags.DEFINE_bool("signed_inputs", False, "Pass images in [−1, 1] to the encoder, as ours.")
    flags.DEFINE_enum("settings", "pythae", ["pythae", "ours"], "Source of losses, encoder and β₁.")
    flags.DEFINE_integer("image_size", 64, "Width and height of the images.", lower_bound=8)
    flags.DEFINE_float("width", 1.0, "Factor on the width of every hidden layer.", lower_bound=0.01)
    flags.DEFINE_float("learning_rate", 5e-5, "Of the encoder and decoder.", lower_bound=1e-8)
    flags.DEFINE_float("learning_rate_discriminator", 1e-4, "For the AAE.", lower_bound=1e-8)
    flags.DEFINE_integer("num_images", None, "Training images; all by default.", lower_bound=2)


_COST_SCALE = 0.05  # our weight of the sum of squared errors
_RECORDED_FLAGS = (
    *("dataset", "num_images", "image_size", "width", "epochs", "seed"),
    *("model", "settings", "signed_inputs"),
    *("learning_rate", "learning_rate_discriminator", "extractor", "num_samples", "num_codes"),
)
_PACKAGES = ("pythae", "torch", "tensorflow", "keras", "numpy")


def main(argv):
    del argv
    out = Path(FLAGS.out)
    asked = {name: FLAGS[name].value for name in _RECORDED_FLAGS}
    if out.exists():
        result = json.loads(out.read_text("utf-8"))
        if result["flags"] != asked:
            raise UserError(f"{out} has the flags {result['flags']}; choose another --out")
    else:
        result = {"flags": asked, **measure()}
        with replace_when_complete(out) as temporary:
            temporary.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", "utf-8")
    print(format_scores([Score.from_json(record) for record in result["scores"]]))
    seconds = result["training_seconds"]
    print(
        f"\n{seconds['median_epoch']:.1f} s an epoch (median of {len(seconds['epochs'])}), "
        f"{seconds['total']:.1f} s in all, on {result['processor']}, load at the start "
        f"{result['load_average_at_start']:.1f}\n{out}"
    )


def measure() -> dict:
    """Trains the model and returns its scores and times with their conditions."""
    # Training.
    load_average = os.getloadavg()[0]
    dataset = datasets.open_dataset(
        FLAGS.dataset,
        data_dir=FLAGS.data_dir,
        image_folder=FLAGS.image_folder,
        manual_dir=FLAGS.manual_dir,
    )
    images = pytorch_adapter.training_images(dataset, FLAGS.image_size)[: FLAGS.num_images]
    model, seconds = train(pythae_models.to_pythae(images))

    # Evaluation.
    evaluator = make_evaluator(
        dataset,
        FLAGS.image_size,
        data_dir=FLAGS.data_dir,
        **keywords(FLAGS.flag_values_dict(), EvaluationOptions),
    )
    scores = pytorch_adapter.score(pythae_models.adapted(model), evaluator, FLAGS.epochs)
    scores.insert(1, reconstruction_cost(scores))
    return {
        "scores": [score.to_json() for score in scores],
        "training_seconds": {
            "median_epoch": float(np.median(seconds)),
            "total": sum(seconds),
            "epochs": seconds,
        },
        "processor": processor_name(),
        "load_average_at_start": load_average,
        "threads": torch.get_num_threads(),
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def train(images: torch.Tensor) -> tuple[BaseAE, list[float]]:
    """Trains the model of the last epoch; returns it and the seconds of each epoch."""
    logging.getLogger("pythae").propagate = False  # else absl repeats pythae's messages
    clock = EpochClock()
    with tempfile.TemporaryDirectory() as folder:  # The trainer always saves a copy.
        training = pythae_models.Training(
            as_ours=FLAGS.settings == "ours",
            learning_rate=FLAGS.learning_rate,
            learning_rate_discriminator=FLAGS.learning_rate_discriminator,
            width=FLAGS.width,
            is_signed=FLAGS.signed_inputs,
            num_epochs=FLAGS.epochs,
            seed=FLAGS.seed,
            output_dir=folder,
            callbacks=[clock],
        )
        trainer = pythae_models.trainer_of(FLAGS.model, images, training)
        trainer.train()
    return trainer.model, clock.seconds


class EpochClock(TrainingCallback):
    """Prints the start of each epoch, and measures its seconds."""

    def __init__(self):
        self.seconds = []

    def on_epoch_begin(self, training_config, **kwargs):
        """Prints the number of the epoch and starts the timer."""
        print(f"Epoch {len(self.seconds) + 1}/{training_config.num_epochs}", flush=True)
        self._start = time.perf_counter()

    def on_epoch_end(self, training_config, **kwargs):
        """Stops the timer; the trainer has read the losses, so all computation is done."""
        self.seconds.append(time.perf_counter() - self._start)


def reconstruction_cost(scores: list[Score]) -> Score:
    """Returns the validation loss of our training: 0.05 × the sum of squared errors."""
    (error,) = (score for score in scores if score.name == "reconstruction_sse")
    return dataclasses.replace(
        error,
        name="reconstruction_cost",
        value=_COST_SCALE * error.value,
        standard_error=_COST_SCALE * error.standard_error,
    )


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
