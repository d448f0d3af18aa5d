"""Times the stages of the training input, a `DataLoader` with Pillow, and the wait for input.

    python -m benchmarks.input_pipeline

The images are PNG digits of 28 pixels and JPEG photos of 100 and 500 pixels, all resized to 64×64.
The measurements alternate. Files and records are in the memory of the system, not read from the
disk.
"""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import tensorflow as tf
import tensorflow_datasets as tfds
from absl import flags

from benchmarks import digit_records, photos, program
from benchmarks.figures import Figures
from benchmarks.step_settings import StepSettings
from benchmarks.steps import build
from pipelines import datasets
from pipelines.batches import training_batches
from pipelines.images import transforms
from pipelines.records.image_dataset import ImageDataset

_OUT = program.define_out_flag()
_SECONDS = flags.DEFINE_float("seconds", 2.0, "Seconds of each measurement.", lower_bound=0.1)
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Measurements of each variant.", lower_bound=1)
_STEPS = flags.DEFINE_integer("num_steps", 200, "Training steps for the wait.", lower_bound=10)
_PHOTOS = flags.DEFINE_multi_integer("photo_size", [100, 500], "Width of photos; repeatable.")
_NUM_PHOTOS = flags.DEFINE_integer("num_photos", 2000, "Photos of each size.", lower_bound=200)
digit_records.define_flags(num_images=12_000)

_SIZE, _BATCH_SIZE = 64, 64
_NUM_WORKERS = (0, 2)
_REFERENCE = "DataLoader and Pillow, 2 workers"


def main():
    digits = digit_records.from_flags()
    figures = Figures(
        "input_pipeline", f"{digits.description}; {_NUM_PHOTOS.value:,} generated photos"
    )
    work_dir = Path(flags.FLAGS.work_dir)
    files = work_dir / f"digits_{digits.num_images}"
    _write_files(digits.open(), files)
    measure(figures, "PNG digits, 28 pixels", digits.open(), files)
    for size in _PHOTOS.value:
        files = work_dir / f"photos_{size}_{_NUM_PHOTOS.value}"
        photos.write(files, _NUM_PHOTOS.value, size)
        dataset = datasets.open_dataset(
            "folder", data_dir=str(work_dir / f"records_of_{files.name}"), image_folder=str(files)
        )
        measure(figures, f"JPEG photos, {size} pixels", dataset, files)
    wait(figures, digits.open())
    figures.write(_OUT.value)


def measure(figures: Figures, title: str, dataset: ImageDataset, files: Path) -> None:
    """Measures the throughput of our stages, of whole epochs by cache, and of the `DataLoader`."""
    sources = stages(dataset)
    with contextlib.ExitStack() as stack:
        for cache in ("none", "memory", "disk"):
            sources[f"shuffled batches, cache={cache}"] = _batches(dataset, cache)
        sides: dict[str, Callable[[], float]] = {
            name: lambda source=source: _rate(source) for name, source in sources.items()
        }
        for num_workers in _NUM_WORKERS:
            loader = stack.enter_context(_loader(files, num_workers))
            sides[f"DataLoader and Pillow, {num_workers} workers"] = lambda loader=loader: (
                _rate_of_loader(loader)
            )
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(_ROUNDS.value):
            for name, side in sides.items():
                rates[name].append(side())
    figures.add(title, "images a s", rates, reference=_REFERENCE)


def stages(dataset: ImageDataset) -> dict[str, tf.data.Dataset]:
    """Returns the stages of reading in stored order, in batches; each includes earlier stages."""
    encoded = dataset.builder.as_dataset(
        split=dataset.splits["train"],
        decoders={dataset.image_key: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(try_autocache=False, skip_prefetch=True),
    ).map(lambda example: example[dataset.image_key], tf.data.AUTOTUNE)
    decoded = encoded.map(
        lambda each: transforms.decode_and_crop(each, dataset.channels, dataset.crop),
        tf.data.AUTOTUNE,
    )
    resized = decoded.map(lambda image: transforms.resize(image, _SIZE), tf.data.AUTOTUNE)
    # Batches of large images would take longer to copy than to decode.
    sizes = decoded.map(tf.size)
    named = {
        "read": encoded,
        "read, decode, crop": sizes,
        "read, decode, crop, resize one by one": resized,
    }
    return {
        name: stage.repeat().batch(_BATCH_SIZE).prefetch(tf.data.AUTOTUNE)
        for name, stage in named.items()
    }


def wait(figures: Figures, dataset: ImageDataset) -> None:
    """Measures the share of training time that is spent waiting for the next batch."""
    model = build(StepSettings("mnist"))
    step = tf.function(model.train_step, autograph=False)
    shares: dict[str, list[float]] = {}
    for cache in ("memory", "none"):
        batches = iter(_batches(dataset, cache))
        step(next(batches))
        values = shares.setdefault(f"cache={cache}", [])
        for _ in range(_ROUNDS.value):
            waited, start = 0.0, time.perf_counter()
            for _ in range(_STEPS.value):
                before = time.perf_counter()
                batch = next(batches)
                waited += time.perf_counter() - before
                float(step(batch)["reconstruction_loss"])  # waits for the end of the step
            values.append(100 * waited / (time.perf_counter() - start))
    figures.add("MNIST training, wait for input", "% of the time", shares)


def _batches(dataset: ImageDataset, cache: str) -> tf.data.Dataset:
    """Returns the batches of training; "disk" caches in a new folder."""
    if cache == "disk":
        folder = Path(flags.FLAGS.work_dir, "pixels")
        shutil.rmtree(folder, ignore_errors=True)
        cache = str(folder)
    return training_batches(dataset, image_size=_SIZE, batch_size=_BATCH_SIZE, seed=0, cache=cache)


def _rate(source: tf.data.Dataset) -> float:
    """Returns images a second, without the first batch, which waits for buffers to fill."""
    batches = iter(source)
    next(batches)
    start, number = time.perf_counter(), 0
    while time.perf_counter() - start < _SECONDS.value:
        next(batches)
        number += 1
    return _BATCH_SIZE * number / (time.perf_counter() - start)


@contextlib.contextmanager
def _loader(files: Path, num_workers: int):
    """Starts a `DataLoader` in a separate process without TensorFlow."""
    numbers = map(str, (_SIZE, _BATCH_SIZE, num_workers))
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.pillow_loader", str(files), *numbers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()  # ends the process


def _rate_of_loader(process: subprocess.Popen) -> float:
    process.stdin.write(f"{_SECONDS.value}\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args} exited with {process.wait()}")
    return float(line)


def _write_files(dataset: ImageDataset, folder: Path) -> None:
    """Writes the encoded training images as files, unless the folder exists."""
    if folder.exists():
        return
    folder.mkdir(parents=True)
    examples = dataset.builder.as_dataset(
        split=dataset.splits["train"],
        decoders={dataset.image_key: tfds.decode.SkipDecoding()},
    )
    for number, example in enumerate(examples.as_numpy_iterator()):
        (folder / f"{number:06d}.png").write_bytes(example[dataset.image_key])


if __name__ == "__main__":
    program.run(main)
