"""Copies or downloads onnxruntime-web, which runs ONNX models in a browser."""

import shutil
import tarfile
from pathlib import Path

import keras

from ivaae_tf.program.errors import UserError

VERSION = "1.30.0"
ARCHIVE_URL = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
_SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"

# The smallest build, for CPUs, without WebGPU.
FILES = (
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
)


def copy_files(folder: str | None, cache_dir: Path, out: Path) -> None:
    """Copies the files to a folder.

    Args:
        folder: Folder that contains the files, such as `dist` of the npm package; None to download
            `VERSION` of the package once and verify its digest.
        cache_dir: Folder for the downloaded package.
        out: New folder for the files.

    Raises:
        UserError: If a file is missing, or the package cannot be downloaded.
    """
    out.mkdir()
    if folder is None:
        _extract(_fetch(cache_dir), out)
        return
    if missing := [name for name in FILES if not Path(folder, name).is_file()]:
        raise UserError(
            f"--onnxruntime_web: {folder} has no {missing[0]}; expected the files of `dist` in "
            "the npm package onnxruntime-web"
        )
    for name in FILES:
        shutil.copyfile(Path(folder, name), out / name)


def _fetch(cache_dir: Path) -> Path:
    cached = cache_dir / "onnxruntime_web"
    try:
        return Path(
            keras.utils.get_file(
                origin=ARCHIVE_URL,
                file_hash=_SHA256,
                hash_algorithm="sha256",
                cache_dir=cached.parent,
                cache_subdir=cached.name,
            )
        )
    except Exception as error:  # Keras raises a bare Exception if an address fails.
        raise UserError(
            f"onnxruntime-web cannot be fetched ({' '.join(str(error).split())}); download "
            f"{ARCHIVE_URL} elsewhere, unpack it, and pass --onnxruntime_web=package/dist"
        ) from error


def _extract(archive: Path, out: Path) -> None:
    with tarfile.open(archive) as package:
        for name in FILES:
            file = package.extractfile(f"package/dist/{name}")
            if file is None:
                raise UserError(f"{archive} has no file {name}")
            with file, (out / name).open("wb") as copy:
                shutil.copyfileobj(file, copy)
