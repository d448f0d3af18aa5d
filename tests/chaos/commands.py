"""The commands other than training, what they write, and whether it is what it must be."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from ivaae_tf.program import digests
from ivaae_tf.runs.score_file import read_scores
from tests.chaos.runs import curves, state

Result = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A command, disturbed in a folder that `begin` filled.

    Attributes:
        module: Its main.
        flags: Called with the folder and the inputs' folder, which no accident touches.
        results: Called with the folder, returns all that the command must write.
        begin: Called with the folder and the inputs' folder.
        kept: Called with the folder, returns what must be there at any time.
    """

    module: str
    flags: Callable[[Path, Path], list[str]]
    results: Callable[[Path], Result]
    begin: Callable[[Path, Path], None]
    kept: Callable[[Path], Result] = lambda folder: {}


def copy_run(folder: Path, inputs: Path) -> None:
    """Copies the run, so that each folder has one of its own."""
    shutil.copytree(inputs / "run", folder / "run")


def nothing(folder: Path, inputs: Path) -> None:
    """Leaves the folder empty."""


# evaluate


def scores(folder: Path) -> Result:
    """Returns the scores, the caches, the mixture and the curves."""
    found: Result = {"scores": json.loads((folder / "run" / "scores.json").read_text())}
    found["curves"] = curves(folder / "run")
    caches = list((folder / "data" / "evaluation").iterdir())
    for path in [*caches, folder / "run" / "gaussian_mixture.npz"]:
        digests_of = path.with_name(f"{path.name}.sha256")
        if path.suffix != ".sha256" and digests_of.exists():
            digests.check(path)
        if path.suffix == ".json":
            found[path.name] = path.read_text()
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                found.update({f"{path.name}/{name}": array for name, array in arrays.items()})
        elif path.suffix != ".sha256":
            found[path.name] = None  # Its weights' digest is in a JSON file.
    return found


def copy_run_and_scores(folder: Path, inputs: Path) -> None:
    """Copies the run, and the scores of its training once more."""
    copy_run(folder, inputs)
    shutil.copy(inputs / "run" / "scores.json", folder)


def earlier_scores(folder: Path) -> Result:
    """Returns the scores of the training."""
    earlier = {score.key for score in read_scores(folder / "scores.json")}
    stored = read_scores(folder / "run" / "scores.json")
    return {score.key: score.value for score in stored if score.key in earlier}


# export


def draws(folder: Path) -> Result:
    """Returns what the SavedModel computes, and its model card."""
    model = tf.saved_model.load(str(folder / "saved_model"))
    found: Result = {"card": (folder / "saved_model" / "README.md").read_text()}
    found["card"] = found["card"].replace(str(folder), "")
    for name, signature in model.signatures.items():
        arguments = {"num_images": tf.constant(3), "seed": tf.constant(1)}
        if "seed" not in (taken := signature.structured_input_signature[1]):
            ((argument, spec),) = taken.items()
            inputs = np.random.default_rng(0).integers(0, 255, (3, *spec.shape[1:]))
            arguments = {argument: tf.cast(inputs, spec.dtype)}
        for output, values in signature(**arguments).items():
            found[f"{name}/{output}"] = values.numpy()
    return found


def copy_run_and_export(folder: Path, inputs: Path) -> None:
    """Copies the run and an export of it."""
    copy_run(folder, inputs)
    shutil.copytree(inputs / "saved_model", folder / "saved_model")


def export_flags(folder: Path, *more: str) -> list[str]:
    return [f"--workdir={folder}/run", f"--out={folder}/saved_model", *more]


# prepare


def write_photos(folder: Path) -> None:
    """Writes pictures: to keep, to encode again, to refuse; more than TFDS holds in memory."""
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(130):
        side, channels = (256, 4) if number % 5 == 0 else (224, 3)
        pixels = random.integers(0, 256, (side, side, channels), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "cut.png").write_bytes((folder / "1.png").read_bytes()[:5000])


def records(folder: Path) -> Result:
    """Returns the bytes of all records and their descriptions."""
    (place,) = (folder / "data" / "folder").glob("*/1.0.0")
    return _records(place)


def kept_records(folder: Path) -> Result:
    """Returns the old or the new records; the next command puts back what is set aside."""
    aside = list((folder / "data" / "folder").glob("*/.replaced.1.0.0"))
    place = list((folder / "data" / "folder").glob("*/1.0.0"))
    return _records((place or aside)[0])


def _records(place: Path) -> Result:
    stored = [path for path in place.iterdir() if path.is_file() and path.name != "checked.json"]
    return {path.name: path.read_bytes() for path in stored}


def copy_records(folder: Path, inputs: Path) -> None:
    """Copies records of the same pictures."""
    shutil.copytree(inputs / "data", folder / "data")


def prepare_flags(folder: Path, inputs: Path, *more: str) -> list[str]:
    photos = f"--image_folder={inputs}/photos"
    return ["--dataset=folder", photos, f"--data_dir={folder}/data", *more]


# report, sample, second_stage


def files(name: str) -> Callable[[Path], Result]:
    """Returns a function that returns the bytes of a folder's files."""

    def found(folder: Path) -> Result:
        return {path.name: path.read_bytes() for path in (folder / name).iterdir()}

    return found


def copy_report(folder: Path, inputs: Path) -> None:
    """Copies an older report."""
    shutil.copytree(inputs / "report", folder / "report")


def second_stage(folder: Path) -> Result:
    """Returns the state of the second stage, its history and its curves."""
    stage = folder / "run" / "second_stage"
    history = (stage / "history.json").read_text()
    return {**state(stage), "curves": curves(stage), "history": history}


CASES = {
    "evaluate": Case(
        "evaluate",
        lambda folder, inputs: [
            f"--workdir={folder}/run",
            f"--data_dir={folder}/data",
            "--extractor=classifier",
            "--sampler=prior",
            "--sampler=gmm",
            "--num_samples=100",
            "--num_codes=300",
            "--num_components=2",
        ],
        scores,
        copy_run_and_scores,
        earlier_scores,
    ),
    "export": Case("export", lambda folder, inputs: export_flags(folder), draws, copy_run),
    "export --overwrite": Case(
        "export",
        lambda folder, inputs: export_flags(folder, "--overwrite"),
        draws,
        copy_run_and_export,
        draws,
    ),
    "prepare": Case("prepare", prepare_flags, records, nothing),
    "prepare --overwrite": Case(
        "prepare",
        lambda folder, inputs: prepare_flags(folder, inputs, "--overwrite"),
        records,
        copy_records,
        kept_records,
    ),
    "report": Case(
        "report",
        lambda folder, inputs: [f"{inputs}/run", f"--out={folder}/report"],
        files("report"),
        copy_report,
        files("report"),
    ),
    "sample": Case(
        "sample",
        lambda folder, inputs: [
            f"--saved_model={inputs}/saved_model",
            f"--out_dir={folder}/images",
            "--num_images=20",
        ],
        files("images"),
        nothing,
    ),
    "second_stage": Case(
        "second_stage",
        lambda folder, inputs: [
            f"--workdir={folder}/run",
            "--width=0.05",
            "--epochs=4",
            "--log_every=3",
        ],
        second_stage,
        copy_run,
    ),
}
