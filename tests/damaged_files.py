"""Damaged variants of files, each a function of the file and a seed."""

import copy
import json
from collections.abc import Iterator

import numpy as np

# Replacements for each value of a JSON file.
_OTHER_VALUES = (None, True, -1, 1.5, float("nan"), 10**400, "x", [], {}, [[1]], {"x": None})
_OTHER_FILES = (
    b"",
    b" ",
    b"{",
    b"[]",
    b"{}",
    b"null",
    b"3",
    b'"text"',
    b"NaN",
    b"[1]",
    b'{"x": {}}',
    b"\xff\xfe\x00{",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b"PK\x05\x06" + bytes(18),  # an empty ZIP file
    b"\x89PNG\r\n\x1a\n",
    b"\x93NUMPY",
)


def cut(content: bytes) -> Iterator[bytes]:
    """Yields the content, cut at each power of two and before its last byte."""
    length = 1
    while length < len(content):
        yield content[:length]
        length *= 2
    yield content[:-1]


def flipped(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yields the content `count` times, each time with another bit flipped."""
    random = np.random.default_rng(seed)
    for place, bit in zip(
        random.integers(len(content), size=count), random.integers(8, size=count), strict=True
    ):
        changed = bytearray(content)
        changed[place] ^= 1 << int(bit)
        yield bytes(changed)


def replaced(content: bytes, seed: int) -> Iterator[bytes]:
    """Yields files of other formats, and random bytes of the same length."""
    yield from _OTHER_FILES
    yield np.random.default_rng(seed).bytes(len(content))


def reshaped(content: bytes) -> Iterator[bytes]:
    """Yields JSON in which one value is missing or has another type."""
    document = json.loads(content)
    for path in _paths(document):
        for value in _OTHER_VALUES:
            changed = copy.deepcopy(document)
            _parent(changed, path)[path[-1]] = value
            yield json.dumps(changed).encode()
        changed = copy.deepcopy(document)
        del _parent(changed, path)[path[-1]]
        yield json.dumps(changed).encode()


def _paths(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in items:
        yield (*path, key)
        if isinstance(child, dict | list):
            yield from _paths(child, (*path, key))


def _parent(document, path):
    for key in path[:-1]:
        document = document[key]
    return document
