"""Scores the same test images with the usual detectors of PyOD and scikit-learn.

    python -m results.outliers.detectors --workdir=RUN --digit=3

RUN is a run on `train.npz` of `held_out_digit`, in whose folder that lies. Each detector is fitted
to the pixels, and to the codes of the run's encoder.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.metrics.detection import detection_scores
from ivaae_tf.metrics.score import Score
from ivaae_tf.plots import files
from ivaae_tf.plots.images import read_png
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path, existing_folder
from ivaae_tf.program.ranges import Range
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.images.transforms import unscale

FLAGS = flags.FLAGS

# Nearest neighbors of all images would take hours in the pixels.
NUM_FITTED = 10_000

Costs = Callable[[np.ndarray], np.ndarray]  # features (n, f) -> costs (n,), higher for outliers


def _declare_flags() -> None:
    define_path("workdir", None, "Folder of the run.", existing_folder, required=True)
    define_number("digit", 0, "The digit that was held out.", Range(0, 9))
    define_data_location_flags()


def main(argv) -> None:
    """Writes detectors.json to the folder of the run."""
    del argv
    folder = Path(FLAGS.workdir)
    run = RunDirectory(folder)
    batches = evaluation_batches(
        run.open_dataset(FLAGS.data_dir),
        "train",
        image_size=run.read_record().settings.image_size,
        batch_size=500,
        num_images=NUM_FITTED,
    )
    train = np.concatenate([unscale(batch).numpy() for batch in batches])[..., 0]
    paths = sorted((folder / "test").glob("*/*.png"))
    test = np.stack([read_png(path.read_bytes())[..., 0] for path in paths])
    is_outlier = np.array([path.parent.name == str(FLAGS.digit) for path in paths])
    encode = run.load_best().encode

    def codes(images: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [encode(_scaled(part)[..., np.newaxis]).numpy() for part in np.array_split(images, 100)]
        )

    scores = []
    for name, features in (("pixels", _flat), ("codes", codes)):
        for score in all_scores(features(train), features(test), is_outlier):
            scores.append(score.with_conditions(features=name, num_fitted=len(train)))
    content = json.dumps([score.to_json() for score in scores], indent=1)
    files.save(folder / "detectors.json", f"{content}\n".encode())


def all_scores(train: np.ndarray, test: np.ndarray, is_outlier: np.ndarray) -> list[Score]:
    """Returns AUROC and average precision of each detector.

    Args:
        train: Features of normal images, shape (n, f).
        test: Features of all images that are scored, shape (m, f).
        is_outlier: Which of them are outliers, shape (m,).
    """
    scores = []
    for name, fit in DETECTORS.items():
        costs = fit(train)(test)
        found = detection_scores(costs[is_outlier], costs[~is_outlier], "detector")
        scores += [score.with_conditions(detector=name) for score in found]
    return scores


def _of_pyod(module: str, name: str, **options: Any) -> Callable[[np.ndarray], Costs]:
    def fit(features: np.ndarray) -> Costs:
        import importlib

        detector = getattr(importlib.import_module(f"pyod.models.{module}"), name)(**options)
        return detector.fit(features).decision_function

    return fit


def _of_scikit_learn(make: Callable[[], Any]) -> Callable[[np.ndarray], Costs]:
    def fit(features: np.ndarray) -> Costs:
        detector = make().fit(features)
        return lambda scored: -detector.score_samples(scored)

    return fit


# Name -> function that fits it to features (n, f). Options are the defaults, except for seeds.
DETECTORS: dict[str, Callable[[np.ndarray], Costs]] = {
    "PyOD KNN": _of_pyod("knn", "KNN"),
    "PyOD PCA": _of_pyod("pca", "PCA", random_state=0),
    "PyOD ECOD": _of_pyod("ecod", "ECOD"),
    "PyOD HBOS": _of_pyod("hbos", "HBOS"),
    "scikit-learn LOF": _of_scikit_learn(lambda: LocalOutlierFactor(novelty=True)),
    "scikit-learn IsolationForest": _of_scikit_learn(lambda: IsolationForest(random_state=0)),
    "scikit-learn OneClassSVM": _of_scikit_learn(OneClassSVM),
}


def _scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 127.5 - 1


def _flat(images: np.ndarray) -> np.ndarray:
    return _scaled(images).reshape(len(images), -1)


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
