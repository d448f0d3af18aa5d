"""Run folders as training and evaluation write them, without training."""

import dataclasses

import numpy as np

from ivaae_tf.metrics.score import Score
from ivaae_tf.reporting import paper
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.runs.score_file import merge_scores


def fld(value, epoch, num_codes=60_000, latent_dim=16, error=0.01, floor=0.0014):
    conditions = {
        "num_codes": num_codes,
        "latent_dim": latent_dim,
        "expected_under_prior": floor,
        "split": "train",
    }
    return Score("fld", value, False, error, conditions, epoch)


def fid(value, epoch, num_images=20_000, sampler="prior", error=0.3):
    conditions = {"extractor": "inception2015", "num_images": num_images, "sampler": sampler}
    return Score("fid", value, False, error, conditions, epoch)


def record_of(data_set="mnist", method="ivaae_radial", **settings):
    """Returns the record of a run with the paper's settings, except for `settings`."""
    cell = paper.cell(data_set if data_set in paper.DATA_SETS else "mnist", method)
    data = {
        "name": data_set,
        "fingerprint": "0123",
        "records": f"/data/{data_set}",
        "num_images": {"train": 1000, "validation": 100},
    }
    return RunRecord(
        settings=dataclasses.replace(cell.settings, dataset=data_set, **settings),
        data=data,
        parameters={"encoder": 10, "decoder": 20, "discriminator": 30},
        versions={"keras": "3"},
    )


def write_run(path, epochs=4, scores=(), with_pictures=True, **settings):
    """Writes a run and returns its folder; `settings` are arguments of `record_of`."""
    run = RunDirectory(path)
    record_of(**settings).write(run.record_path)
    losses = ("reconstruction_loss", "latent_loss", "js_estimate")
    for epoch in range(1, epochs + 1):
        run.add_to_history(epoch, dict.fromkeys(losses, 1 / epoch))
    if scores:
        merge_scores(run.scores_path, scores)
    if with_pictures:
        random = np.random.default_rng(0)
        for name in ("samples", "reconstructions"):
            run.write_picture(name, random.integers(0, 256, (40, 40, 1), np.uint8))
        codes = random.normal(size=(500, run.read_record().settings.latent_dim))
        run.write_code_covariance(np.cov(codes, rowvar=False), 500, epochs)
    return path


def write_record_of(model, folder, **settings):
    """Writes the record of a run that trains a model of fully connected networks; returns it."""
    run = RunDirectory(folder)
    height, _, channels = model.image_shape
    settings = {"image_size": height, "network": "fully_connected", **settings}
    record = record_of(latent_dim=model.latent_dim, **settings)
    data = {**record.data, "channels": channels}
    dataclasses.replace(record, data=data, parameters=model.parameter_counts).write(run.record_path)
    return run
