"""Trains the AAE of `flags/mnist_aae.flags` as a plain script of PyTorch, and scores it like ours.

    python -m benchmarks.pytorch_training --out=runs/pytorch_aae.json

The images are in memory, and a `DataLoader` shuffles and batches them. The order of updates, the
losses, the rates and the optimizers are ours; the first weights are PyTorch's.
"""

import json
from pathlib import Path

import torch
from absl import flags
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks import pytorch_adapter
from benchmarks.pytorch_step import fully_connected
from ivaae_tf.commands.data_flags import define_data_flags
from ivaae_tf.evaluation.evaluator import make_evaluator
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from pipelines import datasets

FLAGS = flags.FLAGS


def _declare_flags() -> None:
    define_data_flags()
    FLAGS.set_default("dataset", "mnist")
    flags.DEFINE_string("out", None, "JSON file for the scores.", required=True)
    flags.DEFINE_integer("epochs", 5, "Epochs to train.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Seed of weights, order of images and noise.", lower_bound=0)


_IMAGE_SIZE, _LATENT_DIM, _BATCH_SIZE = 64, 16, 64


def main(argv):
    del argv
    dataset = datasets.open_dataset(
        FLAGS.dataset,
        data_dir=FLAGS.data_dir,
        image_folder=FLAGS.image_folder,
        manual_dir=FLAGS.manual_dir,
    )
    encoder, decoder = train(pytorch_adapter.training_images(dataset, _IMAGE_SIZE))
    evaluator = make_evaluator(
        dataset,
        _IMAGE_SIZE,
        extractor="none",
        inception_graph=None,
        data_dir=FLAGS.data_dir,
        num_samples=1000,
        num_codes=60_000,
    )
    model = pytorch_adapter.PyTorchModel(
        _LATENT_DIM, encoder, decoder, lambda images: decoder(encoder(images))
    )
    scores = [score.to_json() for score in pytorch_adapter.score(model, evaluator, FLAGS.epochs)]
    with replace_when_complete(Path(FLAGS.out)) as temporary:
        temporary.write_text(json.dumps({"scores": scores}, indent=1) + "\n", "utf-8")


def train(images: torch.Tensor) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Returns the trained encoder and decoder."""
    torch.manual_seed(FLAGS.seed)
    _, channels, *size = images.shape
    encoder, decoder, discriminator = fully_connected((*size, channels), _LATENT_DIM, 2, 1.0)
    encoder_adam, decoder_adam, discriminator_adam = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=(0.5, 0.999), fused=True)
        for network, rate in ((encoder, 5e-5), (decoder, 1e-4), (discriminator, 1e-4))
    )
    loader = DataLoader(TensorDataset(images), batch_size=_BATCH_SIZE, shuffle=True, drop_last=True)
    of_code = torch.zeros(_BATCH_SIZE, dtype=torch.long)
    of_prior = torch.ones(_BATCH_SIZE, dtype=torch.long)
    for epoch in range(FLAGS.epochs):
        print(f"Epoch {epoch + 1}/{FLAGS.epochs}", flush=True)
        for (x,) in loader:
            z = encoder(x)
            reconstruction_loss = 0.05 * (x - decoder(z)).square().sum(dim=(1, 2, 3)).mean()

            both = torch.cat([z.detach(), torch.randn_like(z)])
            discriminator_adam.zero_grad()
            functional.cross_entropy(discriminator(both), torch.cat([of_code, of_prior])).backward()
            discriminator_adam.step()

            discriminator.requires_grad_(False)
            latent_loss = functional.cross_entropy(discriminator(z), of_prior)
            encoder_adam.zero_grad()
            decoder_adam.zero_grad()
            (reconstruction_loss + latent_loss).backward()
            decoder_adam.step()
            encoder_adam.step()
            discriminator.requires_grad_(True)
    return encoder, decoder


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
