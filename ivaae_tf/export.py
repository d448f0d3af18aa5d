"""Exports a run: `ivaae export --workdir=runs/demo --out=runs/demo/saved_model`.

The SavedModel needs TensorFlow alone. Images at its boundary are uint8, (n, height, width,
channels).
"""

from collections.abc import Sequence
from pathlib import Path

import pipelines.startup  # noqa: F401

import keras
import tensorflow as tf
from absl import flags

from ivaae_tf import model_card, samplers
from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.run_directory import RunDirectory
from pipelines import command_line
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError
from pipelines.images import scale, unscale

_WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run to export.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder of the SavedModel, new.", required=True)
_SAMPLER = flags.DEFINE_multi_enum(
    "sampler",
    ["prior"],
    samplers.NAMES,
    "Samplers to export; may be repeated. The prior always goes with the model.",
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a SavedModel that is there.")


def main(argv) -> None:
    """Writes the SavedModel and its model card."""
    del argv
    run = RunDirectory(_WORKDIR.value)
    out = Path(_OUT.value)
    if out.exists() and not (_OVERWRITE.value and (out / "saved_model.pb").exists()):
        raise UserError(
            f"--out: {out} is there already; give a new folder, or --overwrite for a SavedModel"
        )
    model = run.load_model()
    exported = [samplers.prior(model.latent_dim)]
    if "gmm" in _SAMPLER.value:
        mixture = samplers.load_mixture(run.gaussian_mixture, run.epochs_trained(model))
        exported.append(mixture.sampler())
    with replace_when_complete(out, is_folder=True) as folder:
        export_model(model, exported, folder)
        (folder / "README.md").write_text(model_card.write(run, model, exported))
    print(f"SavedModel and model card in {out}")


def export_model(
    model: InterventionAutoencoder, exported: Sequence[samplers.Sampler], folder: Path
) -> None:
    """Writes a SavedModel with the signatures sample, decode, encode and reconstruct.

    Args:
        model: A trained model.
        exported: Samplers; each has a signature, `sample` for the prior and `sample_gmm` for a
            mixture.
        folder: Where to write to.
    """
    images = tf.TensorSpec((None, *model.image_shape), tf.uint8, name="images")
    z = tf.TensorSpec((None, model.latent_dim), tf.float32, name="z")
    num_images = tf.TensorSpec((), tf.int32, name="num_images")
    seed = tf.TensorSpec((), tf.int32, name="seed")

    def sample_with(sampler):
        return lambda num_images, seed: {"images": unscale(model.decode(sampler(num_images, seed)))}

    def decode(z):
        return {"images": unscale(model.decode(z))}

    def encode(images):
        return {"z": model.encode(scale(images))}

    def reconstruct(images):
        return {"images": unscale(model(scale(images), training=False))}

    # Not `archive.track(model)`, which would store every weight twice, and those of D: what an
    # endpoint uses is tracked by itself (keras#23553).
    archive = keras.export.ExportArchive()
    for sampler in exported:
        archive.add_endpoint(
            samplers.signature(sampler.name),
            sample_with(sampler),
            input_signature=[num_images, seed],
        )
    archive.add_endpoint("decode", decode, input_signature=[z])
    archive.add_endpoint("encode", encode, input_signature=[images])
    archive.add_endpoint("reconstruct", reconstruct, input_signature=[images])
    archive.write_out(str(folder), verbose=False)


if __name__ == "__main__":
    command_line.run(main)
