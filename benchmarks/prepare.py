"""Times the preparation of folders of photos and of small pictures, and watches its memory.

    python -m benchmarks.prepare --num_files=1000 --num_files=10000

The files are made here: JPEG photos of 500×375 pixels, or PNG pictures of 28×28, all different. One
preparation per folder. Its memory is that of all its processes together, with pages that several
share counted once (Linux's proportional set size), sampled each second; the largest sample
counts. The time of a further file, and its memory, are the growth between the smallest and the
largest folder; from both follows what a million files would take.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from absl import flags
from PIL import Image

from benchmarks import program
from benchmarks.figures import Figures

_OUT = program.define_out_flag()
_NUM_FILES = flags.DEFINE_multi_integer("num_files", [1000, 10_000], "Files; repeatable.")
_KINDS = {"jpeg_500": ((375, 500, 3), "jpg"), "png_28": ((28, 28), "png")}
_KIND = flags.DEFINE_enum("kind", "png_28", list(_KINDS), "Kind of the files.")
_FOLDER = flags.DEFINE_string("folder", None, "Folder for the files; by default a temporary one.")

_PLANNED = 1_000_000


def main():
    figures = Figures("prepare")
    measured = []
    for num_files in sorted(_NUM_FILES.value):
        with tempfile.TemporaryDirectory(dir=_FOLDER.value) as folder:
            write_files(Path(folder, "images"), num_files)
            start = time.perf_counter()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            peak = prepare(Path(folder, "images"), folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = time.perf_counter() - start
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        measured.append((num_files, seconds, busy, peak))
        topic = f"{_KIND.value}, {num_files:,} files"
        figures.add(topic, "files a s", {"prepared": num_files / seconds})
        figures.add(topic, "cores", {"busy": busy / seconds})
        figures.add(topic, "MB", {"largest resident set of all processes": peak / 2**20})
    if len(measured) > 1:
        (few, *small), *_, (many, *large) = measured
        seconds, busy, memory = ((b - a) / (many - few) for a, b in zip(small, large, strict=True))
        topic = f"{_KIND.value}, a further file"
        figures.add(topic, "ms", {"time": 1e3 * seconds, "of processors": 1e3 * busy})
        figures.add(topic, "bytes", {"memory": memory})
        topic, more = f"{_KIND.value}, {_PLANNED:,} files, extrapolated", _PLANNED - many
        figures.add(topic, "minutes", {"time": (large[0] + more * seconds) / 60})
        figures.add(topic, "MB", {"memory": (large[2] + more * memory) / 2**20})
    figures.write(_OUT.value)


def write_files(folder: Path, num_files: int) -> None:
    """Writes different pictures: a smooth random one, shifted and with another level each time."""
    shape, suffix = _KINDS[_KIND.value]
    random = np.random.default_rng(0)
    small = Image.fromarray(random.integers(0, 256, (8, 8, *shape[2:]), np.uint8))
    base = np.asarray(small.resize(shape[1::-1], Image.Resampling.BICUBIC))
    for index in range(num_files):
        parent = folder / f"{index // 1000:04d}"
        parent.mkdir(parents=True, exist_ok=True)
        picture = np.roll(base, index, axis=1) // 2 + np.uint8(index // shape[1] % 128)
        Image.fromarray(picture).save(parent / f"{index:07d}.{suffix}")


def prepare(images: Path, data_dir: str) -> int:
    """Prepares a folder and returns the most memory of all its processes, in bytes."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ivaae_tf", "prepare", "--dataset=folder"),
            *(f"--image_folder={images}", f"--data_dir={data_dir}"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(psutil.Process(process.pid)))
        time.sleep(1)  # More often, the measurement itself would keep a core busy.
    if process.returncode:
        raise RuntimeError(f"the preparation ended with exit code {process.returncode}")
    return peak


def _memory(process: psutil.Process) -> int:
    num_bytes = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            num_bytes += one.memory_full_info().pss
    except psutil.Error:  # One of them has just ended.
        return 0
    return num_bytes


if __name__ == "__main__":
    program.run(main)
