"""A table of interventions, divergences, networks and terms: graphs, XLA, bfloat16 and files."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import conformance_table

BATCHES = np.random.default_rng(0).uniform(-1, 1, (2, 8, *conformance_table.IMAGE_SHAPE))
BATCHES = tf.constant(BATCHES, tf.float32)


def pytest_generate_tests(metafunc):
    """Runs every row in graphs, and the quick ones in all tests."""
    for name, rows in (
        ("row", conformance_table.ROWS),
        ("uncompiled_row", conformance_table.UNCOMPILED_ROWS),
    ):
        if name in metafunc.fixturenames:
            quick = rows if metafunc.function is test_graph else conformance_table.QUICK_ROWS
            conformance_table.parametrize(metafunc, name, rows, quick)


def _trained(combination, jit_compile=None, policy="float32"):
    """Returns a model after two steps, and their logs; eager if `jit_compile` is None."""
    model = conformance_table.build(*combination, policy=policy)
    step = model.train_step
    if jit_compile is not None:
        step = tf.function(step, jit_compile=jit_compile, autograph=False)
    logs = [step(conformance_table.batch_of(combination, batch)) for batch in BATCHES]
    return model, {name: [float(log[name]) for log in logs] for name in logs[0]}


@pytest.fixture(scope="module")
def reference():
    """Returns the function from a combination to its eager float32 model and logs."""
    return functools.cache(_trained)


def _assert_close(actual, expected, tolerance):
    (model, logs), (reference, expected_logs) = actual, expected
    assert set(logs) == set(expected_logs)
    for name, values in logs.items():
        np.testing.assert_allclose(
            values, expected_logs[name], rtol=tolerance, atol=tolerance, err_msg=name
        )
    for weight, value in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(weight, value, rtol=tolerance, atol=tolerance)


def test_graph(row, reference):
    """TensorFlow's graph optimizer reorders sums, which changes float32 rounding."""
    _assert_close(_trained(row, jit_compile=False), reference(row), 1e-4)


def test_xla(row):
    """The whole step compiles, and results without noise stay the same.

    XLA and TensorFlow's kernels generate different random numbers from a seed. The first update of
    G and the first reconstruction do not use them; the latent loss is compared on given rungs.
    """
    model, plain = (conformance_table.build(*row) for _ in range(2))
    step = tf.function(model.train_step, jit_compile=True, autograph=False)
    first, second = (conformance_table.batch_of(row, batch) for batch in BATCHES)
    logs, expected = step(first), plain.train_step(first)
    if len(model.random_parts) == 1:  # only the intervention draws noise
        np.testing.assert_allclose(
            logs["reconstruction_loss"], expected["reconstruction_loss"], rtol=1e-5
        )
        weights = zip(model.decoder.get_weights(), plain.decoder.get_weights(), strict=True)
        for weight, value in weights:
            np.testing.assert_allclose(weight, value, rtol=1e-4, atol=1e-6)
    assert np.all(np.isfinite([float(value) for value in step(second).values()]))

    labels = model.labels
    num_inputs = model.latent_dim + len(labels.names) + len(labels.component_names)
    z_k = tf.random.stateless_normal((conformance_table.NUM_BRIDGES + 1, 8, num_inputs), [1, 2])
    latent_loss = tf.function(model.divergence, jit_compile=True, autograph=False)(z_k)
    np.testing.assert_allclose(latent_loss, model.divergence(z_k), rtol=1e-5, atol=1e-5)


def test_mixed_precision(uncompiled_row, reference):
    """bfloat16 has 8 significant bits: losses agree within 10 %, weights stay float32."""
    model, logs = _trained(uncompiled_row, policy="mixed_bfloat16")
    _, expected = reference(uncompiled_row)
    assert model.encoder.layers[1].compute_dtype == "bfloat16"
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}
    np.testing.assert_allclose(
        logs["reconstruction_loss"], expected["reconstruction_loss"], rtol=0.1
    )
    if not model.divergence.is_null:
        np.testing.assert_allclose(logs["latent_loss"], expected["latent_loss"], rtol=0.1, atol=0.1)
    start = conformance_table.build(*uncompiled_row)
    for part in ("encoder", "decoder"):
        kernels = [getattr(m, part).trainable_variables[0].numpy() for m in (model, start)]
        assert np.all(np.isfinite(kernels[0])) and np.any(kernels[0] != kernels[1])


def test_save_and_load(uncompiled_row, tmp_path):
    """A loaded model continues like the saved one, bit for bit."""
    model, _ = _trained(uncompiled_row)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    batch = conformance_table.batch_of(uncompiled_row, BATCHES[0])
    logs, expected = loaded.train_step(batch), model.train_step(batch)
    assert {name: float(value) for name, value in logs.items()} == {
        name: float(value) for name, value in expected.items()
    }
    for weight, value in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, value)


def test_export(row, reference, tmp_path):
    """A SavedModel of `sample` generates the model's images, in any number."""
    model, _ = reference(row)
    integer = tf.TensorSpec((), tf.int32)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("sample", model.sample, input_signature=[integer, integer])
    archive.write_out(str(tmp_path / "saved_model"), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "saved_model"))
    for num_images, seed in ((3, 7), (1, 8)):
        images = loaded.sample(num_images, seed)
        np.testing.assert_allclose(images, model.sample(num_images, seed), rtol=1e-4, atol=1e-5)
