"""A long training whose memory, open files and processor time must stay flat: --soak_minutes."""

import json
import statistics
import time
from pathlib import Path

import psutil

from tests.chaos.runs import start


def test_a_long_training_stays_as_it_began(request, tmp_path):
    minutes = request.config.getoption("--soak_minutes")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    flags = ("--epochs=1000000", "--checkpoint_every_steps=7")
    running = start(tmp_path, *flags, environment={"TMPDIR": str(temporary)})
    process = psutil.Process(running.process.pid)
    end, samples = time.monotonic() + 60 * minutes, []
    while time.monotonic() < end and running.process.is_alive():
        time.sleep(60 * minutes / 120)
        times = process.cpu_times()
        memory_mb, seconds = process.memory_info().rss / 1e6, times.user + times.system
        samples.append((memory_mb, process.num_fds(), _epochs(tmp_path), seconds))
    assert any(temporary.iterdir())
    running.process.terminate()
    finished = running.wait(20)
    assert finished.returncode == 143, finished.stderr
    # The first third is for caches that fill.
    steady = samples[len(samples) // 3 :]
    middle = len(steady) // 2
    halves = steady[:middle], steady[middle:]
    memory = [statistics.median(sample[0] for sample in half) for half in halves]
    open_files = [max(sample[1] for sample in half) for half in halves]
    # Seconds of the processor, which other programs on it do not change much.
    costs = [(half[-1][3] - half[0][3]) / (half[-1][2] - half[0][2]) for half in halves]
    print(f"memory {memory} MB, open files {open_files}, {samples[-1][2]} epochs of {costs} s")
    assert memory[1] < 1.03 * memory[0]
    assert open_files[1] <= open_files[0] + 2
    assert costs[1] < 1.15 * costs[0]
    # All in the folder of this process, which the next one removes if this one could not.
    assert len(list(temporary.iterdir())) <= 1


def _epochs(folder: Path) -> int:
    history = folder / "run" / "history.json"
    return len(json.loads(history.read_text())) if history.exists() else 0
