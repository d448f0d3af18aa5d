"""Writes the model card of an exported model."""

import json
import re
from collections.abc import Mapping, Sequence

from ivaae_tf.evaluation.class_codes import ClassCodes
from ivaae_tf.evaluation.outliers.costs import Detector
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.models.samplers import Sampler, signatures
from ivaae_tf.reporting.markdown import escape
from ivaae_tf.runs.directory import RunDirectory
from pipelines.sources import huggingface

_TEMPLATE = """\
---
{task}, {method}]{hub_dataset}
---

# {method} on {dataset}

{kind} that generates {what} from codes of {latent_dim}
dimensions, as a SavedModel that needs only TensorFlow.

```python
import tensorflow as tf

model = tf.saved_model.load("this folder")
sample = model.signatures["sample"]
new_{name} = sample(num_images=tf.constant(16), seed=tf.constant(0))["{name}"]
```

## Signatures

| Signature | Inputs | Outputs |
|---|---|---|
{samplers}
| `decode` | `z` float32 (n, {latent_dim}){label} | `{name}` |{of_prior}{of_encoder}{of_classes}

`sample` is `sample_{default}`, the sampler of {method}. {format}{scored}

## Training

{epochs} epochs, {steps:,} steps of {batch_size} {examples}{losses}.

| Data | |
|---|---|
{data}

| Parameters | |
|---|---|
{parameters}

| Setting | |
|---|---|
{settings}

## Scores

{scores}

## Versions

{versions}. Program: {git_commit}.

## Limits

This model is meant for research on generative models. Samples have the gaps and biases of the
training {examples}; check samples before you publish them. {Examples} that differ from the training
{examples} are reconstructed poorly.
"""


_INTERPOLATE = (
    "\n| `interpolate` | `start`, `end` as `z`, `weights` float32 (m,){label} | `{name}` (n·m, …) |"
)
# Texts of each kind of data by their fields in the template, with fields for the shape.
_OF_IMAGES = {
    "task": "pipeline_tag: unconditional-image-generation\ntags: [tensorflow, image-generation",
    "examples": "images",
    "Examples": "Images",
    "what": "{}×{} images with {} channel(s)",
    "format": "`images` are uint8 of shape\n(n, {}, {}, {}), 0 to 255. "
    "The same seed gives the same images.",
    "units": "of an image, pixels in [−1, 1]",
}
_OF_VECTORS = {
    "task": "tags: [tensorflow, tabular",
    "examples": "rows",
    "Examples": "Rows",
    "what": "rows of {} columns",
    "format": "`x` is float32 of shape\n(n, {}), in the units of the data; `columns.json` has the "
    "names of its columns. The same seed gives the same rows.",
    "units": "of a row, each column divided by its standard deviation",
}

_OF_SIGNALS = {
    **_OF_VECTORS,
    "task": "tags: [tensorflow, time-series",
    "examples": "signals",
    "Examples": "Signals",
    "what": "signals of {} times and {} channel(s)",
    "format": "`x` is float32 of shape\n(n, {}, {}), in the units of the data; `columns.json` has "
    "the names of its channels. The same seed gives the same signals.",
    "units": "of a signal, each channel divided by its standard deviation",
}
_WORDS = {"images": _OF_IMAGES, "vectors": _OF_VECTORS, "signals": _OF_SIGNALS}

_KINDS = {
    "autoencoder": "An auto-encoder of the program for Intervention Adversarial Auto-Encoders",
    "gan": "A generative adversarial network",
    "intervention_gan": "A generative adversarial network with interventions (IVGAN)",
}


def write(
    run: RunDirectory,
    model: InterventionAutoencoder,
    exported: Sequence[Sampler],
    detector: Detector | None = None,
    class_codes: ClassCodes | None = None,
    of_classes: Sampler | None = None,
) -> str:
    """Returns the model card of a run and its exported samplers, in Markdown.

    Content of the run's files is escaped, because the run may be untrusted.
    """
    record = run.read_record()
    settings, data = record.settings, record.data
    texts = _WORDS[record.kind.plural].items()
    words = {field: text.format(*model.image_shape) for field, text in texts}
    name, standard = record.kind.name, model.prior.is_standard_normal
    history = run.read_history()
    epochs, steps = run.epochs_trained(model), model.steps_trained
    return _TEMPLATE.format(
        method=settings.method,
        kind=_KINDS[settings.method_row.system],
        default=exported[0].name,
        dataset=_text(data["name"]),
        hub_dataset=_hub_dataset(data["name"]),
        name=name,
        **words,
        latent_dim=model.latent_dim,
        samplers="\n".join(_signature(each, name) for each in signatures(exported)),
        of_prior="" if standard else _INTERPOLATE.format(name=name, label=_label(model, "scalar")),
        label=_label(model),
        of_encoder=_of_encoder(model, detector, name),
        scored=_scored(detector, words) if model.has_encoder else "",
        of_classes=_edit(class_codes, name) + _of_classes(of_classes, name),
        scores=_scores(run, epochs, exported),
        epochs=epochs,
        steps=steps,
        batch_size=settings.batch_size,
        losses=_losses(history.get(epochs, {})),
        data=_rows({name: fact for name, fact in data.items() if name != "records"}),
        parameters=_rows({name: f"{count:,}" for name, count in record.parameters.items()}),
        settings=_rows(settings.to_record()),
        versions=_text(", ".join(f"{name} {each}" for name, each in record.versions.items())),
        git_commit=_text(record.git_commit or "not in a git checkout"),
    )


def _signature(name: str, output: str) -> str:
    return f"| `{name}` | `num_images` int32 scalar, `seed` int32 scalar | `{output}`, `z` |"


def _edit(class_codes: ClassCodes | None, output: str) -> str:
    if class_codes is None:
        return ""
    names = _text(", ".join(class_codes.names))
    inputs = "`z`, `label` string scalar, `strength` float32 scalar"
    return f"\n| `edit` | {inputs}; labels: {names} | `{output}`, `z` |"


def _of_classes(sampler: Sampler | None, output: str) -> str:
    if sampler is None:
        return ""
    names = _text(", ".join(sampler.class_names))
    inputs = "`num_images`, `seed` int32 scalars, `label` string scalar"
    rows = f"\n| `sample_class` | {inputs}; labels: {names} | `{output}`, `z` |"
    return f"{rows}\n| `labels` | | `labels` string (k,) |"


def _label(model: MultiOptimizerModel, shape: str = "(n,)") -> str:
    """Returns the last input of signatures of a conditional model."""
    return f", `label` string {shape}" if model.is_conditional else ""


def _of_encoder(model: MultiOptimizerModel, detector: Detector | None, name: str) -> str:
    """Returns the rows of the signatures that need an encoder."""
    if not model.has_encoder:
        return ""
    costs = "`reconstruction_sse` (n,)" + (", `latent_energy`, `p_value`" if detector else "")
    return (
        f"\n| `encode` | `{name}` | `z` float32 (n, {model.latent_dim}) |"
        f"\n| `reconstruct` | `{name}`{_label(model)} | `{name}` |"
        f"\n| `score` | `{name}`{_label(model)} | {costs} |"
    )


def _scored(detector: Detector | None, words: Mapping[str, str]) -> str:
    text = f"\n`reconstruction_sse` is the sum of squared errors {words['units']}"
    if detector is None:
        return f"{text}."
    return (
        f"{text}, `latent_energy` the −log density of its code under a mixture of the training "
        f"codes, `p_value` the share of {words['examples']} from the distribution of the "
        f"{detector.calibration.num_images:,} held-out {words['examples']} that have at least this "
        "error."
    )


def _scores(run: RunDirectory, epochs: int, exported: Sequence[Sampler]) -> str:
    """Returns the table of this epoch's scores that apply to the exported model."""

    def holds(score: Score) -> bool:
        of_sampler = "sampler" in score.conditions
        return score.epoch == epochs and (
            not of_sampler
            or any(sampler.conditions.items() <= score.conditions.items() for sampler in exported)
        )

    scores = [score for score in run.read_scores() if holds(score)]
    if not scores:
        return "Not scored."
    table = format_scores(scores)
    # Longer than any fence in the table, so that the table cannot end the block.
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`+", table))])
    return f"{fence}\n{table}\n{fence}"


def _losses(logs: dict[str, float]) -> str:
    names = (
        *("reconstruction_loss", "val_reconstruction_loss", "latent_loss", "generator_loss"),
        "js_estimate",
    )
    found = [f"{name} {logs[name]:.4g}" for name in names if name in logs]
    return f"; in the last of them {', '.join(found)}" if found else ""


def _text(value: object) -> str:
    """Returns a value with escaped Markdown, except for underscores, which are safe in words."""
    return escape(str(value)).replace("\\_", "_")


def _hub_dataset(name: str) -> str:
    """Returns the line of the metadata for a public data set, else an empty text."""
    if name in ("digits", "folder", "array", "memory"):
        return ""
    name = "/".join(name.removeprefix(huggingface.PREFIX).split("/")[:2])
    return f"\ndatasets: [{_quoted(name)}]"


def _quoted(value: object) -> str:
    """Returns a value as a YAML string, with escapes for characters of Markdown and HTML."""
    text = json.dumps(str(value), ensure_ascii=False)
    return re.sub(r"[!#-,/:-@\[\]^`{-~]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _rows(facts: dict) -> str:
    return "\n".join(
        f"| {_text(name)} | {_text(value)} |" for name, value in facts.items() if value is not None
    )
