"""The standard network of the Fréchet inception distance: the graph of 2015."""

import hashlib
import os
import pathlib
import re
import tarfile
from urllib.parse import urlparse

import keras
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from ivaae_tf.metrics.extractors.base import FeatureExtractor, as_color
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError

GRAPH_FILE = "classify_image_graph_def.pb"
ARCHIVE_URL = (
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz"
)
_NUM_STANDARD_FEATURES = 2048
_NETWORK = ("http", "https")
# Decoded images, float 0 … 255; the bilinear resize of TensorFlow 1 follows in the graph.
_INPUT = "ExpandDims"
_OUTPUT = "pool_3"


class Inception2015(FeatureExtractor):
    """Features `pool_3` of `classify_image_graph_def.pb`, with the inputs of Heusel et al. (2017).

    The graph runs in a session of TensorFlow 1 instead of a function. Its batch norms are an
    operation that is allowed only in graphs marked as old, and a function is always marked as new.
    The graph is fixed to one image per batch, so its input is replaced by an input of any batch
    size, and the part after `pool_3`, which reshapes to a single row, is left out.

    This program does not contain the digest of the published graph, so the user must confirm it.
    Otherwise the scores are named after the file instead of FID.

    Args:
        graph: Path, or http(s) or file URL, of the graph or of the .tgz archive that contains it. A
            URL is downloaded once.
        sha256: Hexadecimal digest of the published graph file, which the file must have. Required
            for a graph from the network.
        cache_dir: Folder for downloaded files; by default Keras's, ~/.keras.

    Attributes:
        sha256: Hexadecimal digest of the graph file itself, not of an archive.

    Raises:
        UserError: If the file is missing, cannot be downloaded, is another graph, or does not have
            the digest.
    """

    resize = "bilinear of TensorFlow 1, in the graph"

    def __init__(
        self,
        graph: str | os.PathLike,
        sha256: str | None = None,
        cache_dir: str | os.PathLike | None = None,
    ):
        address = os.fspath(graph)
        path = _local_file(address, cache_dir)
        serialized = _read_graph(path)
        self.sha256 = hashlib.sha256(serialized).hexdigest()
        self.fingerprint = self.sha256
        _check_digest(address, path, self.sha256, sha256)
        self.name = "inception2015" if sha256 else _name_of(address)
        definition = _up_to_output(serialized, path)
        with tf.Graph().as_default() as tf_graph:
            self._images = tf.compat.v1.placeholder(tf.float32, (None, None, None, 3))
            self._pooled = tf.import_graph_def(
                definition,
                input_map={f"{_INPUT}:0": self._images},
                return_elements=[f"{_OUTPUT}:0"],
                name="",
            )[0]
        self._session = tf.compat.v1.Session(graph=tf_graph)
        self.num_features = self._features(np.zeros((1, 32, 32, 3), np.uint8)).shape[1]
        self.comparable_with_published_fid = (
            sha256 is not None and self.num_features == _NUM_STANDARD_FEATURES
        )

    def _features(self, images: np.ndarray) -> np.ndarray:
        feed = {self._images: as_color(images).astype(np.float32)}
        return self._session.run(self._pooled, feed).reshape(len(images), -1)


def _check_digest(graph: str, path: pathlib.Path, found: str, expected: str | None) -> None:
    if expected is None and urlparse(graph).scheme in _NETWORK:
        raise UserError(
            f"inception2015: {graph} was fetched to {path}, but its content is not confirmed. The "
            f"graph has the sha256 {found}; if it is correct, add --inception_graph_sha256={found}"
        )
    if expected is not None and found != expected.lower():
        raise UserError(
            f"--inception_graph_sha256={expected}: the graph of {graph} has the sha256 {found}"
        )


def _name_of(graph: str) -> str:
    """Returns the file's name as part of a score's name."""
    stem = pathlib.PurePosixPath(urlparse(graph).path).stem
    return re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "unnamed_graph"


def _local_file(graph: str, cache_dir: str | os.PathLike | None) -> pathlib.Path:
    address = urlparse(graph)
    if address.scheme in (*_NETWORK, "file"):
        # The name includes the address, because two addresses may end in the same file name.
        digest = hashlib.sha256(graph.encode()).hexdigest()[:12]
        name = f"{digest}-{pathlib.PurePosixPath(address.path).name}"
        try:
            fetched = keras.utils.get_file(
                name, graph, cache_subdir="inception2015", cache_dir=cache_dir
            )
        except Exception as error:  # Keras raises a bare Exception if an address fails.
            raise UserError(_advice(f"{graph} cannot be fetched ({error})")) from error
        return pathlib.Path(fetched)
    if not pathlib.Path(graph).is_file():
        raise UserError(_advice(f"no file {graph}"))
    return pathlib.Path(graph)


def _advice(problem: str) -> str:
    return (
        f"inception2015: {' '.join(problem.split())}; download {ARCHIVE_URL} (or the {GRAPH_FILE} "
        "in it) and pass its path, or use the extractor classifier, which needs no download"
    )


def _read_graph(path: pathlib.Path) -> bytes:
    try:
        with parsing(path):
            if not tarfile.is_tarfile(path):
                return path.read_bytes()
            with tarfile.open(path) as archive:
                for member in archive:
                    is_graph = pathlib.PurePosixPath(member.name).name == GRAPH_FILE
                    if is_graph and (file := archive.extractfile(member)) is not None:
                        return file.read()
    except DamagedFileError as error:
        raise UserError(_advice(f"the archive {path} is damaged")) from error
    raise UserError(_advice(f"the archive {path} does not contain {GRAPH_FILE}"))


def _up_to_output(serialized: bytes, path: pathlib.Path) -> tf.compat.v1.GraphDef:
    """Returns the part of the graph that `pool_3` needs, without shapes of a single image."""
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(serialized)
    except DecodeError as error:
        raise UserError(_advice(f"{path} is not a frozen TensorFlow graph")) from error
    missing = {_INPUT, _OUTPUT} - {node.name for node in graph.node}
    if missing:
        raise UserError(_advice(f"{path} is a graph without {' and '.join(sorted(missing))}"))
    needed = tf.compat.v1.graph_util.extract_sub_graph(graph, [_OUTPUT])
    # Which operations are allowed depends on the age of the graph.
    needed.versions.CopyFrom(graph.versions)
    for node in needed.node:
        node.attr.pop("_output_shapes", None)
    return needed
