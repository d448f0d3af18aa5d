"""Exports of a run with their model cards."""

import json
from collections.abc import Sequence
from pathlib import Path

from ivaae_tf.evaluation.class_codes import ClassCodes
from ivaae_tf.evaluation.outliers.costs import Detector
from ivaae_tf.export import COLUMNS, model_card, onnx_model, saved_model
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import ClassMixture, Sampler
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord


def write_saved_model(
    run: RunDirectory, model: InterventionAutoencoder, folder: Path, samplers: Sequence[str]
) -> None:
    """Writes a SavedModel with the method's sampler, the prior and others, and its model card."""
    record = run.read_record()
    names = dict.fromkeys([record.settings.sampler, "prior", *samplers])
    exported = [run.load_sampler(name, model) for name in names]
    detector = Detector.of_run(run, model) if model.has_encoder else None
    class_codes = _class_codes(run, model)
    of_classes = _class_sampler(run, model)
    saved_model.write(model, exported, folder, detector, class_codes, record.kind, of_classes)
    _write_columns(record, folder)
    card = model_card.write(run, model, exported, detector, class_codes, of_classes)
    (folder / "README.md").write_text(card, "utf-8")


def _write_columns(record: RunRecord, folder: Path) -> None:
    if columns := record.data.get("columns"):
        (folder / COLUMNS).write_text(json.dumps(columns), "utf-8")


def _class_codes(run: RunDirectory, model: InterventionAutoencoder) -> ClassCodes | None:
    """Returns the mean codes of the classes, if they are stored for the model's epoch.

    The codes of a conditional model need not have the class, so there is nothing to edit.
    """
    if model.is_conditional:
        return None
    found = ClassCodes.load(run.class_codes_path, model.latent_dim)
    return found if found and found.epoch == run.epochs_trained(model) else None


def _class_sampler(run: RunDirectory, model: InterventionAutoencoder) -> Sampler | None:
    """Returns the sampler of a model with classes, or stored mixtures of the model's epoch."""
    record = run.read_record()
    if model.is_conditional or model.labels.component_names or record.categories:
        return run.load_sampler(record.settings.sampler, model)
    path, epoch = run.mixture_paths[ClassMixture.sampler], run.epochs_trained(model)
    is_of_epoch = path.exists() and ClassMixture.read(path).epoch == epoch
    return ClassMixture.load(path, epoch, model.latent_dim) if is_of_epoch else None


def write_onnx(run: RunDirectory, model: InterventionAutoencoder, folder: Path) -> None:
    """Writes the encoder and the decoder as ONNX files, and how to use them."""
    record = run.read_record()
    onnx_model.write(model, record.settings, folder, record.kind)
    _write_columns(record, folder)
    (folder / "README.md").write_text(onnx_model.card(record, model), "utf-8")
