"""Folders of runs as training and evaluation leave them, made without training."""

import json

import numpy as np
import pytest
from PIL import Image

from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_file import write_scores
from ivaae_tf.reporting import paper
from ivaae_tf.reporting.finished_run import read_runs
from ivaae_tf.run_directory import RunDirectory


def fld(value, step, num_codes=60_000, latent_dim=16, error=0.01, floor=0.0014):
    conditions = {
        "num_codes": num_codes,
        "latent_dim": latent_dim,
        "expected_of_perfect_codes": floor,
        "split": "train",
    }
    return Score("fld", value, False, error, conditions, step)


def fid(value, step, num_images=20_000, sampler="prior", error=0.3):
    conditions = {"extractor": "inception2015", "num_images": num_images, "sampler": sampler}
    return Score("fid", value, False, error, conditions, step)


def write_run(
    path,
    data_set="mnist",
    method="ivaae_radial",
    epochs=4,
    scores=(),
    with_pictures=True,
    **settings,
):
    """Writes a run of the paper's settings, but for `settings`, and returns its folder."""
    run = RunDirectory(path)
    path.mkdir(parents=True)
    of_paper = paper.settings(data_set if data_set in paper.DATA_SETS else "mnist", method)
    record = {
        "settings": {**of_paper, "dataset": data_set, "seed": 0, **settings},
        "data": {"name": data_set, "fingerprint": "0123", "records": f"/data/{data_set}"},
        "parameters": {"encoder": 10, "decoder": 20, "discriminator": 30},
        "versions": {"keras": "3"},
        "git_commit": None,
    }
    run.record_path.write_text(json.dumps(record))
    if epochs:
        losses = ("reconstruction_loss", "latent_loss", "js_estimate")
        run.write_history({e: dict.fromkeys(losses, 1 / e) for e in range(1, epochs + 1)})
    if scores:
        write_scores(run.scores, scores)
    if with_pictures:
        random = np.random.default_rng(0)
        for picture in (run.samples, run.reconstructions):
            Image.fromarray(random.integers(0, 256, (40, 40), np.uint8)).save(picture)
        codes = random.normal(size=(500, 3))
        run.write_code_covariance(np.cov(codes, rowvar=False), 500, epochs)
    return path


@pytest.fixture
def make_run(tmp_path):
    """Writes a run, see `write_run`, and reads it as a report does."""

    def make_run(name="run", **kwargs):
        return read_runs([write_run(tmp_path / name, **kwargs)])[0]

    return make_run
