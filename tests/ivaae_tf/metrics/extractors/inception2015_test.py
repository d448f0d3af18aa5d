"""Inception2015 runs a small graph with the tensors and the version of the original."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.metrics.extractors import inception2015
from ivaae_tf.metrics.extractors.inception2015 import GRAPH_FILE, Inception2015
from ivaae_tf.program.errors import UserError

_SIDE, _NUM_FEATURES = 9, 6
_RANDOM = np.random.default_rng(0)
_KERNEL = _RANDOM.normal(size=(3, 3, 3, _NUM_FEATURES)).astype(np.float32)
_MEAN, _BETA = _RANDOM.normal(size=(2, _NUM_FEATURES)).astype(np.float32)
_VARIANCE, _GAMMA = _RANDOM.uniform(0.5, 2, (2, _NUM_FEATURES)).astype(np.float32)
_EPSILON = 0.001


def _frozen_graph():
    """Returns a graph like the original: decoded file, batch size 1, old batch norms."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        decoded = tf.io.decode_jpeg(v1.placeholder(tf.string, (), "DecodeJpeg/contents"), 3)
        images = tf.expand_dims(tf.cast(decoded, tf.float32, name="Cast"), 0, name="ExpandDims")
        resized = v1.image.resize_bilinear(images, (_SIDE, _SIDE), name="ResizeBilinear")
        scaled = tf.multiply(tf.subtract(resized, 128, name="Sub"), 1 / 128, name="Mul")
        convolved = tf.nn.conv2d(scaled, _KERNEL, 1, "VALID", name="conv/Conv2D")
        for name, value in dict(mean=_MEAN, var=_VARIANCE, beta=_BETA, gamma=_GAMMA).items():
            tf.constant(value, name=f"conv/{name}")
        normalized = tf.identity(convolved, name="conv/batchnorm")
        checked = tf.debugging.check_numerics(normalized, "conv", name="conv/CheckNumerics")
        with tf.control_dependencies([checked]):
            active = tf.nn.relu(normalized, name="conv")
        pooled = tf.nn.avg_pool2d(active, _SIDE - 2, 1, "VALID", name="pool_3")
        # Always one row: more than one image must not reach this operation.
        row = tf.reshape(pooled, (1, _NUM_FEATURES), name="pool_3/_reshape")
        tf.nn.softmax(row, name="softmax")
    definition = graph.as_graph_def(add_shapes=True)
    definition.versions.producer = 8
    for node in definition.node:
        if node.name == "conv/batchnorm":
            node.op = "BatchNormWithGlobalNormalization"
            node.input.extend(f"conv/{name}" for name in ("mean", "var", "beta", "gamma"))
            node.attr["variance_epsilon"].f = _EPSILON
            node.attr["scale_after_normalization"].b = True
    return definition.SerializeToString()


def _bilinear(images):
    """Resizes as TensorFlow 1: pixel i of the result is at i · in/out, corners unaligned."""
    for axis in (1, 2):
        size = images.shape[axis]
        at = np.arange(_SIDE) * size / _SIDE
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, size - 1)
        shape = [1, 1, 1, 1]
        shape[axis] = _SIDE
        share = (at - low).reshape(shape)
        images = images.take(low, axis) * (1 - share) + images.take(high, axis) * share
    return images


def _expected(images):
    scaled = (_bilinear(images.astype(np.float64)) - 128) / 128
    windows = np.lib.stride_tricks.sliding_window_view(scaled, (3, 3), axis=(1, 2))
    convolved = np.einsum("nhwcij,ijcf->nhwf", windows, _KERNEL.astype(np.float64))
    normalized = (convolved - _MEAN) / np.sqrt(_VARIANCE + _EPSILON) * _GAMMA + _BETA
    return np.maximum(normalized, 0).mean(axis=(1, 2))


@pytest.fixture(scope="module")
def graph_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / GRAPH_FILE
    path.write_bytes(_frozen_graph())
    return path


@pytest.fixture(scope="module")
def extractor(graph_path):
    return Inception2015(graph_path)


def _images(*shape):
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 9, 9, 3), (5, 9, 9, 3), (4, 20, 31, 3), (3, 4, 5, 3)])
def test_equals_numpy_for_any_batch_and_size(extractor, shape):
    images = _images(*shape)
    features = extractor(images)
    assert features.dtype == np.float32
    # The graph computes in float32.
    np.testing.assert_allclose(features, _expected(images), rtol=1e-4, atol=1e-5)


def test_a_batch_is_its_images_one_by_one(extractor):
    images = _images(6, 12, 12, 3)
    single = np.concatenate([extractor(images[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(extractor(images), single, rtol=1e-5, atol=1e-6)


def test_gray_is_tiled_to_three_channels(extractor):
    gray = _images(3, 12, 12, 1)
    np.testing.assert_array_equal(extractor(gray), extractor(gray.repeat(3, axis=3)))


def test_says_what_it_is(extractor, graph_path):
    assert extractor.num_features == _NUM_FEATURES
    assert extractor.sha256 == hashlib.sha256(graph_path.read_bytes()).hexdigest()
    assert extractor.name == "classify_image_graph_def"
    assert not extractor.comparable_with_published_fid  # Nobody has confirmed it.


def test_only_a_confirmed_graph_of_2048_features_is_that_of_fid(
    extractor, graph_path, tmp_path, monkeypatch
):
    confirmed = Inception2015(graph_path, extractor.sha256.upper())
    assert confirmed.name == "inception2015"
    assert not confirmed.comparable_with_published_fid  # It has 6 features.
    monkeypatch.setattr(inception2015, "_NUM_STANDARD_FEATURES", _NUM_FEATURES)
    assert Inception2015(graph_path, extractor.sha256).comparable_with_published_fid
    assert not Inception2015(graph_path).comparable_with_published_fid
    with pytest.raises(UserError, match=f"the sha256 {extractor.sha256}"):
        Inception2015(graph_path, "0" * 64)


def test_what_the_network_gives_is_not_used_before_its_digest_is_confirmed(
    extractor, graph_path, monkeypatch
):
    monkeypatch.setattr(inception2015.keras.utils, "get_file", lambda *_, **__: graph_path)
    address = "https://example.org/inception.tgz"
    with pytest.raises(UserError, match=f"add --inception_graph_sha256={extractor.sha256}"):
        Inception2015(address)
    assert Inception2015(address, extractor.sha256).fingerprint == extractor.fingerprint


def test_works_beside_functions_and_inside_eager_code(extractor):
    images = _images(2, 9, 9, 3)
    doubled = tf.function(lambda x: x * 2)(tf.constant(extractor(images)))
    np.testing.assert_allclose(doubled.numpy(), 2 * extractor(images), rtol=1e-6)


def _archive(graph_path, path, name):
    with tarfile.open(path, "w:gz") as archive:
        content = graph_path.read_bytes()
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return path


def test_reads_the_archive_it_is_shipped_in(extractor, graph_path, tmp_path):
    archive = _archive(graph_path, tmp_path / "inception.tgz", GRAPH_FILE)
    assert Inception2015(archive).fingerprint == extractor.fingerprint


def test_an_address_is_fetched_once(extractor, graph_path, tmp_path):
    archive = _archive(graph_path, tmp_path / "inception.tgz", f"./{GRAPH_FILE}")
    address = archive.as_uri()
    fetched = Inception2015(address, cache_dir=tmp_path / "cache")
    archive.unlink()
    again = Inception2015(address, cache_dir=tmp_path / "cache")
    assert fetched.fingerprint == again.fingerprint == extractor.fingerprint


def test_an_archive_that_is_cut_off_is_named(graph_path, tmp_path):
    archive = _archive(graph_path, tmp_path / "inception.tgz", GRAPH_FILE)
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"the archive .*inception\.tgz is damaged"):
        Inception2015(archive)


def _no_file(path):
    return path / GRAPH_FILE


def _no_address(path):
    return (path / GRAPH_FILE).as_uri()


def _no_graph(path):
    (path / GRAPH_FILE).write_bytes(b"<html>not found</html>")
    return path / GRAPH_FILE


def _other_graph(path):
    (path / GRAPH_FILE).write_bytes(tf.Graph().as_graph_def().SerializeToString())
    return path / GRAPH_FILE


def _other_archive(path):
    (path / "a.pb").write_bytes(b"")
    return _archive(path / "a.pb", path / "inception.tgz", "other.pb")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_no_file, "no file "),
        (_no_address, "cannot be fetched"),
        (_no_graph, "is not a frozen TensorFlow graph"),
        (_other_graph, "is a graph without ExpandDims and pool_3"),
        (_other_archive, "does not contain classify_image_graph_def.pb"),
    ],
)
def test_one_line_says_what_to_fetch_and_what_works_without(tmp_path, make, problem):
    with pytest.raises(UserError) as caught:
        Inception2015(make(tmp_path), cache_dir=tmp_path / "cache")
    message = str(caught.value)
    assert problem in message
    assert "inception-2015-12-05.tgz" in message
    assert "use the extractor classifier" in message
    assert "\n" not in message
