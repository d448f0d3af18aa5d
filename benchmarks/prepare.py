"""Times the preparation of folders of photos and of small pictures, and watches its memory.

    python -m benchmarks.prepare --num_files=1000 --num_files=10000

The files are made here: JPEG photos of 500×375 pixels, or PNG pictures of 28×28, all different. One
process per folder; its memory is the largest resident set. The bytes of a file are the growth of
memory between the smallest and the largest folder, divided by that of the number of files.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from benchmarks import program
from benchmarks.figures import Figures

_OUT = program.define_out_flag()
_NUM_FILES = flags.DEFINE_multi_integer("num_files", [1000, 10_000], "Files; repeatable.")
_KINDS = {"jpeg_500": ((375, 500, 3), "jpg"), "png_28": ((28, 28), "png")}
_KIND = flags.DEFINE_enum("kind", "png_28", list(_KINDS), "Kind of the files.")


def main():
    figures = Figures("prepare")
    measured = []
    for num_files in sorted(_NUM_FILES.value):
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder, "images"), num_files)
            start = time.perf_counter()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            peak = prepare(Path(folder, "images"), folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = time.perf_counter() - start
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        measured.append((num_files, peak))
        topic = f"{_KIND.value}, {num_files:,} files"
        figures.add(topic, "files a s", {"prepared": num_files / seconds})
        figures.add(topic, "cores", {"busy": busy / seconds})
        figures.add(topic, "MB", {"largest resident set": peak / 2**20})
    if len(measured) > 1:
        (few, small), *_, (many, large) = measured
        growth = (large - small) / (many - few)
        figures.add(_KIND.value, "bytes", {"memory for each further file": growth})
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
    """Prepares a folder in a process of its own and returns its largest resident set, in bytes."""
    program = (
        "import resource, runpy, sys\n"
        "sys.argv = ['prepare', '--dataset=folder', *sys.argv[1:]]\n"
        "try:\n"
        "    runpy.run_module('pipelines.prepare', run_name='__main__', alter_sys=True)\n"
        "finally:\n"
        "    print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    flags_ = (f"--image_folder={images}", f"--data_dir={data_dir}")
    finished = subprocess.run(
        [sys.executable, "-c", program, *flags_],
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in finished.stdout.splitlines() if line.startswith("peak ")]
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    program.run(main)
