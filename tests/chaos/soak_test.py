"""A long training whose memory, open files and step time must stay flat: --soak_minutes."""

import json
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests.chaos.runs import start


def test_a_long_training_stays_as_it_began(request, tmp_path):
    minutes = request.config.getoption("--soak_minutes")
    files_before = set(Path(tempfile.gettempdir()).glob("__autograph_generated_file*"))
    running = start(tmp_path, "--epochs=1000000", "--checkpoint_every_steps=7")
    process = psutil.Process(running.process.pid)
    end, samples = time.monotonic() + 60 * minutes, []
    while time.monotonic() < end and running.process.is_alive():
        time.sleep(60 * minutes / 120)
        samples.append((process.memory_info().rss / 1e6, process.num_fds(), _epochs(tmp_path)))
    running.process.terminate()
    finished = running.wait(20)
    assert finished.returncode == 143, finished.stderr
    # The first third is for caches that fill.
    steady = samples[len(samples) // 3 :]
    middle = len(steady) // 2
    halves = steady[:middle], steady[middle:]
    memory = [statistics.median(sample[0] for sample in half) for half in halves]
    open_files = [max(sample[1] for sample in half) for half in halves]
    epochs = [half[-1][2] - half[0][2] for half in halves]
    print(f"memory {memory} MB, open files {open_files}, epochs {epochs} of {samples[-1][2]}")
    assert memory[1] < 1.03 * memory[0]
    assert open_files[1] <= open_files[0] + 2
    assert epochs[1] > 0.8 * epochs[0]
    files_after = set(Path(tempfile.gettempdir()).glob("__autograph_generated_file*"))
    assert files_after <= files_before


def _epochs(folder: Path) -> int:
    history = folder / "run" / "history.json"
    return len(json.loads(history.read_text())) if history.exists() else 0
