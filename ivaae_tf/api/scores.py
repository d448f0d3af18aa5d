"""The function that scores a model without a run."""

from typing import Any

from ivaae_tf.api.data import open_dataset
from ivaae_tf.api.keywords import read
from ivaae_tf.api.options import DataOptions, EvaluationOptions, SamplerOptions
from ivaae_tf.evaluation.evaluator import make_evaluator
from ivaae_tf.evaluation.fitted_mixtures import fit_mixtures
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.image_model import ImageModel
from ivaae_tf.models.samplers import Prior, Sampler, with_labels
from ivaae_tf.program.errors import UserError
from ivaae_tf.settings import KINDS


def evaluate(model: ImageModel, data: Any, labels: Any = None, **options: Any) -> list[Score]:
    """Returns the scores of a model that belongs to no run.

    Codes and samples are compared with the training images of the data, reconstructions are of the
    held-out ones.

    Args:
        model: A model, such as from `build_model` or `load_model`.
        data: Images, as for `open_dataset`.
        labels: Labels of an array, as for `open_dataset`.
        options: Flags of `ivaae evaluate`, such as `samplers=["prior", "gmm"]`, by default the
            prior.

    Raises:
        UserError: If an option is not valid, or the model or the data lack what a score needs.
    """
    sampling, evaluation, places = read(options, SamplerOptions, EvaluationOptions, DataOptions)
    kind = KINDS[len(model.image_shape)]
    dataset = open_dataset(data, labels, kind=kind, **places.to_record())
    image_size = model.image_shape[:2]
    if dataset.shape(image_size) != model.image_shape:
        has = f"{dataset.channels} channel(s)" if dataset.channels else dataset.shape(image_size)
        raise UserError(
            f"the model has images of shape {model.image_shape}; expected {has}, as the data have"
        )
    values = {**evaluation.to_record(), "data_dir": places.data_dir}
    evaluator = make_evaluator(dataset, image_size, **values)
    names = dict.fromkeys(sampling.sampler or ["prior"])
    if "second_stage" in names:
        raise UserError("sampler must be prior, gmm or class_gmm; a second stage belongs to a run")
    expected = model.labels.names or model.labels.component_names
    if expected and expected != dataset.class_names:
        found = ", ".join(dataset.class_names) or "none"
        raise UserError(f"labels must be of {', '.join(expected)}; found {found}")
    fitted, codes = fit_mixtures(names, evaluator, model, sampling.num_components, epoch=0)
    samplers: dict[str, Sampler] = {
        "prior": Prior(model.prior, model.labels.component_names),
        **fitted,
    }
    scored = [with_labels(samplers[name], model.labels) for name in names]
    groups = evaluator.scores(model, scored, epoch=0, codes=codes)
    return [score for group in groups for score in group]
