"""Input pipeline of a typical PyTorch program: a `DataLoader` over files, opened with Pillow.

python -m benchmarks.pillow_loader FOLDER SIZE BATCH_SIZE NUM_WORKERS

Each line of standard input is a number of seconds. The program reads batches for this time and
prints the images per second.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class ImageFolder(Dataset):
    """Image files that are decoded, cropped and resized on access.

    Args:
        folder: Folder of the files.
        size: Side of the images in pixels.
    """

    def __init__(self, folder: Path, size: int):
        self._paths = sorted(folder.iterdir())
        self._size = size

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Returns an image, float32 (channels, size, size) in [−1, 1]."""
        image = Image.open(self._paths[index])
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        resized = square.resize((self._size, self._size), Image.Resampling.BILINEAR)
        levels = torch.from_numpy(np.array(resized)).reshape(self._size, self._size, -1)
        return levels.permute(2, 0, 1).float() / 127.5 - 1


def main() -> None:
    """Measures the throughput of shuffled batches for each line of standard input."""
    folder, *numbers = sys.argv[1:]
    size, batch_size, num_workers = map(int, numbers)
    loader = DataLoader(
        ImageFolder(Path(folder), size),
        batch_size=batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
    )

    def endless():
        while True:
            yield from loader

    batches = endless()
    for line in sys.stdin:
        next(batches)
        start, number = time.perf_counter(), 0
        while time.perf_counter() - start < float(line):
            next(batches)
            number += 1
        print(batch_size * number / (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
