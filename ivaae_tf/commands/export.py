"""Exports a run: `ivaae export --workdir=runs/demo --out=runs/demo/saved_model`.

The SavedModel needs only TensorFlow. Its images are uint8, shape (n, height, width, channels).
--format=onnx writes encoder and decoder for programs without TensorFlow.
"""

from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

from absl import flags

from ivaae_tf import commands
from ivaae_tf.evaluation.class_codes import ClassCodes
from ivaae_tf.evaluation.outliers.costs import Detector
from ivaae_tf.export import model_card, onnx_model, saved_model
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.runs.directory import RunDirectory

FLAGS = flags.FLAGS
commands.EXPORT.define_flags()


def main(argv) -> None:
    """Writes the model and its model card."""
    del argv
    run = RunDirectory(FLAGS.workdir)
    out = Path(FLAGS.out)
    write, made_of = _FORMATS[FLAGS.format]
    is_new = not out.exists()
    if not is_new and not (FLAGS.overwrite and (out / made_of).exists()):
        raise UserError(
            f"--out: {out} exists; give a new folder, or --overwrite to replace an export of "
            "the same format"
        )
    model = run.load_best()
    with replace_written_folder(out, is_new=is_new) as folder:
        write(run, model, folder)
    print(f"{FLAGS.format} model and model card in {out}")


def write_saved_model(run: RunDirectory, model: InterventionAutoencoder, folder: Path) -> None:
    """Writes a SavedModel with the samplers of the flags, and its model card."""
    own = run.read_record().settings.sampler
    names = dict.fromkeys([own, "prior", *(FLAGS.sampler or [])])
    exported = [run.load_sampler(name, model) for name in names]
    detector = Detector.of_run(run, model) if model.has_encoder else None
    class_codes = class_codes_of(run, model)
    saved_model.write(model, exported, folder, detector, class_codes)
    card = model_card.write(run, model, exported, detector, class_codes)
    (folder / "README.md").write_text(card, "utf-8")


def class_codes_of(run: RunDirectory, model: InterventionAutoencoder) -> ClassCodes | None:
    """Returns the mean codes of the classes, if those of the model's epoch are stored."""
    found = ClassCodes.load(run.class_codes_path, model.latent_dim)
    return found if found and found.epoch == run.epochs_trained(model) else None


def write_onnx(run: RunDirectory, model: InterventionAutoencoder, folder: Path) -> None:
    """Writes the encoder and the decoder as ONNX files, and how to use them."""
    record = run.read_record()
    onnx_model.write(model, record.settings, folder)
    (folder / "README.md").write_text(onnx_model.card(record, model), "utf-8")


# Name of the format -> its writer, and a file that each export of it has.
_FORMATS = {
    "saved_model": (write_saved_model, "saved_model.pb"),
    "onnx": (write_onnx, onnx_model.DECODER),
}


if __name__ == "__main__":
    command_line.run(main, commands.EXPORT)
