"""Prints one table of the figures of all benchmarks in a folder.

python -m benchmarks.summary runs/bench
"""

import sys
from pathlib import Path

from absl import app

from benchmarks import figures


def main(argv):
    _, *folders = argv
    if len(folders) != 1 or not Path(folders[0]).is_dir():
        sys.exit(f"error: expected one folder of JSON files, found {' '.join(folders) or 'none'}")
    results = []
    for path in sorted(Path(folders[0]).glob("*.json")):
        stored = figures.read(path)
        if stored is None:
            print(f"{path} has no figures of a benchmark", file=sys.stderr)
        else:
            results.append(stored)
    print(figures.table(results))
    print("A ratio is the median divided by the median in the topic's row with the ratio 1.00.\n")
    for stored in results:
        load = stored["load_average_at_start"]
        used = f"; {stored['data']}" if stored["data"] else ""
        print(
            f"- {stored['benchmark']}: {stored['processor']}, {stored['time']}, "
            f"{stored['seconds']:.0f} s, load {load:.1f} at the start{used}"
        )


if __name__ == "__main__":
    app.run(main)
