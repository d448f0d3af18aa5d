"""Writes a model's encoder and decoder as ONNX files, for programs without TensorFlow."""

import dataclasses
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.export import DECODER, ENCODER
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_model
from ivaae_tf.models.networks import NETWORKS
from ivaae_tf.program.errors import UserError, summarize_error
from ivaae_tf.reporting.markdown import escape
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings
from pipelines.records.kinds import IMAGES, Kind

CODES = "codes.npy"
_NUM_CODES = 1_000
_OPSET = 17  # of 2022, which current runtimes and browsers have

_CARD = """\
# {method} on {dataset}, as ONNX

| File | Input | Output |
|---|---|---|
{encoder}| `{decoder}` | `z` (n, {latent_dim}){y} | `{name}` (n, {shape}) |

All arrays are float32. {units}. To generate {examples}, decode codes
from {prior}{sampler}.{of_label}

```python
import numpy as np
import onnxruntime

decoder = onnxruntime.InferenceSession("{decoder}")
z = {codes}
({name},) = decoder.run(None, {{"z": z{given}}})
```
"""


_ENCODER_ROW = "| `{}` | `{}` (n, {}) | `z` (n, {}) |\n"
_PIXELS = "Pixels are in [−1, 1]: level / 127.5 − 1"


def write(
    model: InterventionAutoencoder, settings: Settings, folder: Path, kind: Kind = IMAGES
) -> None:
    """Writes `encoder.onnx` and `decoder.onnx`, in float32, for any number of images or codes.

    Images are in [−1, 1], vectors and signals in the units of the data. For another prior than
    N(0, I), `codes.npy` has draws of it.

    Args:
        model: The model of a run.
        settings: The settings of the run.
        folder: Folder to write to.
        kind: The kind of the data.

    Raises:
        UserError: If tf2onnx is not installed, or ONNX cannot contain the networks.
    """
    check_installed()
    import onnx
    from tf2onnx import convert

    if settings.mixed_precision and settings.network not in NETWORKS:
        raise UserError("--format=onnx: networks of your own must be trained in float32")
    if not model.prior.is_standard_normal:
        np.save(folder / CODES, model.prior.draw(_NUM_CODES, seed=0).numpy())
    if settings.mixed_precision:  # ONNX has no convolution in bfloat16.
        model = _in_float32(model, settings)
    images = tf.TensorSpec((None, *model.image_shape), tf.float32, name=kind.name)
    z = tf.TensorSpec((None, model.latent_dim), tf.float32, name="z")
    labels = tf.TensorSpec((None,), tf.int64, name="label")
    scale, unscale = (tf.identity,) * 2 if kind.are_images else (kind.scale, kind.unscale)

    def decode(z, label=None):
        return {kind.name: unscale(model.decode(z, label))}

    networks: dict[str, tuple[list[tf.TensorSpec], Callable[..., dict[str, tf.Tensor]]]] = {
        DECODER: ([z, labels] if model.is_conditional else [z], decode),
    }
    if model.has_encoder:
        networks[ENCODER] = ([images], lambda images: {"z": model.encode(scale(images))})
    for name, (specs, compute) in networks.items():
        function = tf.function(compute, input_signature=specs, autograph=False)
        graph, _ = convert.from_function(
            function,
            input_signature=specs,
            opset=_OPSET,
            custom_op_handlers={"Erfc": (_write_erfc, [])},
            output_path=str(folder / name),
        )
        try:
            onnx.checker.check_model(graph)
        except onnx.checker.ValidationError as error:  # An operation that ONNX does not have.
            raise UserError(f"--format=onnx: {name}: {summarize_error(error)}") from error


def _write_erfc(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Writes erfc, of Keras's exact gelu, as 1 − erf, because ONNX has erf alone."""
    del arguments
    shapes, types = node.output_shapes, node.output_dtypes
    graph.remove_node(name)
    one = graph.make_const(f"{name}_one", np.float32(1).reshape(()))
    erf = graph.make_node("Erf", node.input, shapes=shapes, dtypes=types)
    inputs = [one.output[0], erf.output[0]]
    graph.make_node("Sub", inputs, name=name, outputs=node.output, shapes=shapes, dtypes=types)


def check_installed() -> None:
    """Checks that tf2onnx is installed.

    Raises:
        UserError: If it is not installed.
    """
    if importlib.util.find_spec("tf2onnx") is None:
        raise UserError(
            "ONNX needs the package tf2onnx; install it with: pip install '.[onnx]' in the "
            "program's folder"
        )


def _in_float32(model: InterventionAutoencoder, settings: Settings) -> InterventionAutoencoder:
    """Returns a model with the same weights whose layers compute in float32."""
    settings = dataclasses.replace(settings, mixed_precision=False)
    labels = model.labels if settings.batches_have_labels else None
    plain = make_model(settings, model.image_shape, labels=labels)
    for part in ("encoder", "decoder") if model.has_encoder else ("decoder",):
        getattr(plain, part).set_weights(getattr(model, part).get_weights())
    return plain


def card(record: RunRecord, model: InterventionAutoencoder) -> str:
    """Returns a README for the files, in Markdown."""
    shape, kind = ", ".join(map(str, model.image_shape)), record.kind
    sampler = record.settings.sampler
    prior, codes = f"the prior, of which `{CODES}` has {_NUM_CODES:,}", f'np.load("{CODES}")[:16]'
    if model.prior.is_standard_normal:
        size = f"(16, {model.latent_dim})"
        prior = "N(0, I)"
        codes = f"np.random.default_rng(0).normal(size={size}).astype(np.float32)"
    of_others = f". The codes of this method do not follow {prior}: its own sampler is {sampler}"
    names = ", ".join(map(escape, model.labels.names))
    labeled = model.is_conditional
    return _CARD.format(
        y=", `label` int64 (n,)" if labeled else "",
        of_label=f" The labels are numbers from 0 of: {names}." if labeled else "",
        given=', "label": np.zeros(16, np.int64)' if labeled else "",
        method=record.settings.method,
        dataset=escape(record.data["name"]),
        encoder=_ENCODER_ROW.format(ENCODER, kind.name, shape, model.latent_dim)
        if model.has_encoder
        else "",
        decoder=DECODER,
        prior=prior,
        codes=codes,
        name=kind.name,
        shape=shape,
        examples=kind.plural,
        units=_PIXELS if kind.are_images else f"`{kind.name}` has the units of the data",
        latent_dim=model.latent_dim,
        sampler="" if sampler == "prior" else of_others,
    )
