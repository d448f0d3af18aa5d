"""Trains pythae's AAE with the data and the networks of `mnist_aae`, and scores it like ours.

    python3.11 -m venv pythae_venv && pythae_venv/bin/pip install -r benchmarks/requirements.txt
    pythae_venv/bin/python -m benchmarks.pythae_aae --out=runs/pythae_aae.json

The model and the trainer are pythae's, unmodified. Images, hidden layers, d, batch size and scores
are those of `flags/mnist_aae.flags`. So are the learning rates, except that pythae has one rate for
encoder and decoder: 5e-5, while our decoder has 1e-4. With --settings=pythae, the default, the rest
is pythae's choice:

- The encoder is stochastic, z ~ N(μ(x), σ²(x)). The discriminator and FLD use this z, and images
  are reconstructed from μ(x). Ours has z = E(x).
- Images are in [0, 1] and the decoder ends in a sigmoid. The scores map them to [−1, 1].
- The loss is 0.5 × the sum of squared errors in [0, 1], which is 0.125 × that in [−1, 1], plus
  0.5 × the adversarial loss. Ours are 0.05 and 1, so pythae weighs reconstruction five times more.
- Adam's β₁ is 0.9; ours is 0.5.

--settings=ours sets our weights, our β₁ and a deterministic encoder with pythae's options. Four
differences stay: the encoder steps against the discriminator before the discriminator's step, not
after it; an epoch has its last, smaller batch; first weights are PyTorch's; Adam's ε is 1e-8, not
1e-7. The model of the last epoch is scored. If --out exists, it is printed without training.

Take the times on an idle machine: PyTorch's threads wait for one another, and one other busy
process can make a step on two cores several times slower.
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
from pythae.data.datasets import BaseDataset
from pythae.models import Adversarial_AE, Adversarial_AE_Config
from pythae.trainers import AdversarialTrainer, AdversarialTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks.machine import processor_name
from benchmarks.pythae_adapter import PythaeModel, to_pythae
from benchmarks.pythae_networks import Decoder, Discriminator, Encoder
from ivaae_tf import options, samplers
from ivaae_tf.evaluation import make_evaluator
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from pipelines import command_line, datasets
from pipelines.atomic import replace_when_complete
from pipelines.command import Command
from pipelines.errors import UserError
from pipelines.options import define_data_flags

FLAGS = flags.FLAGS


def _declare_flags() -> None:
    define_data_flags()
    FLAGS.set_default("dataset", "mnist")
    options.define_evaluation_flags()
    flags.DEFINE_string("out", None, "JSON file for the scores and times.", required=True)
    flags.DEFINE_integer("epochs", 5, "Epochs to train.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Seed of weights, order of images and noise.", lower_bound=0)
    flags.DEFINE_enum("settings", "pythae", ["pythae", "ours"], "Source of losses, encoder and β₁.")
    flags.DEFINE_integer("num_images", None, "Training images; all by default.", lower_bound=2)


_COMMAND = Command("benchmarks.pythae_aae", "", _declare_flags)
_COMMAND.define_flags()


_IMAGE_SIZE, _LATENT_DIM, _BATCH_SIZE = 64, 16, 64
_COST_SCALE = 0.05  # our weight of the sum of squared errors
# 0.4 × 0.5 × the squared errors in [0, 1] is 0.05 × those in [−1, 1].
_OUR_MODEL = {
    "deterministic_posterior": True,
    "reconstruction_loss_scale": 0.4,
    "adversarial_loss_scale": 1.0,
}
_OUR_ADAM = {"betas": (0.5, 0.999)}
_RECORDED_FLAGS = (
    *("dataset", "num_images", "epochs", "seed", "settings"),
    *("extractor", "num_samples", "num_codes"),
)
_PACKAGES = ("pythae", "torch", "tensorflow", "keras", "numpy")


def main(argv):
    del argv
    out = Path(FLAGS.out)
    asked = {name: FLAGS[name].value for name in _RECORDED_FLAGS}
    if out.exists():
        result = json.loads(out.read_text("utf-8"))
        if result["flags"] != asked:
            raise UserError(f"{out} is of {result['flags']}; take another --out")
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
    """Trains the model and returns its scores, its times and their conditions."""
    load_average = os.getloadavg()[0]
    dataset = datasets.open_dataset(
        FLAGS.dataset,
        data_dir=FLAGS.data_dir,
        image_folder=FLAGS.image_folder,
        manual_dir=FLAGS.manual_dir,
    )
    model, seconds = train(training_images(dataset))
    evaluator = make_evaluator(
        dataset,
        _IMAGE_SIZE,
        extractor=FLAGS.extractor,
        inception_graph=FLAGS.inception_graph,
        data_dir=FLAGS.data_dir,
        num_samples=FLAGS.num_samples,
        num_codes=FLAGS.num_codes,
    )
    scores = []
    code_samplers = [samplers.Prior(_LATENT_DIM)]
    for group in evaluator.scores(PythaeModel(model), code_samplers, FLAGS.epochs):
        scores += group
    scores.insert(1, reconstruction_cost(scores))
    return {
        "scores": [score.to_json() for score in scores],
        "training_seconds": {
            "median_epoch": float(np.median(seconds)),
            "total": sum(seconds),
            "epochs": seconds,
        },
        "device": str(model.device),
        "processor": processor_name(),
        "load_average_at_start": load_average,
        "threads": torch.get_num_threads(),
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def training_images(dataset: datasets.ImageDataset) -> torch.Tensor:
    """Returns the training images in [0, 1], (n, channels, height, width), in memory."""
    num_images = min(dataset.num_images("train"), FLAGS.num_images or np.inf)
    images = torch.empty(num_images, dataset.channels, _IMAGE_SIZE, _IMAGE_SIZE)
    batches = datasets.evaluation_batches(
        dataset, "train", image_size=_IMAGE_SIZE, batch_size=_BATCH_SIZE, num_images=num_images
    )
    for target, batch in zip(images.split(_BATCH_SIZE), batches, strict=True):
        target.copy_(to_pythae(torch.tensor(batch.numpy())))
    return images


def train(images: torch.Tensor) -> tuple[Adversarial_AE, list[float]]:
    """Returns pythae's model after the last epoch, and the seconds of each epoch."""
    as_ours = FLAGS.settings == "ours"
    logging.getLogger("pythae").propagate = False  # else absl repeats pythae's messages
    torch.manual_seed(FLAGS.seed)  # of the first weights; the trainer seeds the rest
    image_shape = tuple(images.shape[1:])
    model = Adversarial_AE(
        Adversarial_AE_Config(
            input_dim=image_shape, latent_dim=_LATENT_DIM, **(_OUR_MODEL if as_ours else {})
        ),
        Encoder(image_shape, _LATENT_DIM),
        Decoder(_LATENT_DIM, image_shape),
        Discriminator(_LATENT_DIM),
    )
    clock = EpochClock()
    with tempfile.TemporaryDirectory() as folder:  # The trainer always saves a copy.
        config = AdversarialTrainerConfig(
            output_dir=folder,
            num_epochs=FLAGS.epochs,
            per_device_train_batch_size=_BATCH_SIZE,
            autoencoder_learning_rate=5e-5,
            discriminator_learning_rate=1e-4,
            autoencoder_optimizer_params=_OUR_ADAM if as_ours else None,
            discriminator_optimizer_params=_OUR_ADAM if as_ours else None,
            seed=FLAGS.seed,
        )
        dataset = BaseDataset(images, labels=torch.ones(len(images)))
        trainer = AdversarialTrainer(model, dataset, training_config=config, callbacks=[clock])
        trainer.train()
    return trainer.model.eval(), clock.seconds


class EpochClock(TrainingCallback):
    """Measures the seconds of each epoch."""

    def __init__(self):
        self.seconds = []

    def on_epoch_begin(self, training_config, **kwargs):
        """Starts the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, training_config, **kwargs):
        """Stops the clock; the trainer has read the losses, so all work is done."""
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
    command_line.run(main, _COMMAND)
