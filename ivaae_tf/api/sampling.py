"""New images of a run."""

import numpy as np

from ivaae_tf.methods import SAMPLERS
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.models.samplers import batch_seeds
from ivaae_tf.program.ranges import SEEDS, Range
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.setting_fields import check_allowed

_BATCH_SIZE = 100  # as in `ivaae sample`


def sample(
    run: RunDirectory,
    model: MultiOptimizerModel,
    num_images: int,
    seed: int,
    sampler: str | None,
    label: str | int | None,
) -> np.ndarray:
    """Returns new images; the arguments are as for `Run.sample`.

    Raises:
        UserError: If a value is not valid, or the sampler or the label is missing.
    """
    record = run.read_record()
    settings = record.settings
    has_classes = settings.batches_have_labels or settings.num_categories
    default = settings.sampler if label is None or has_classes else "class_gmm"
    name = sampler or default
    check_allowed("num_images", num_images, Range(1, 100_000_000))
    check_allowed("seed", seed, SEEDS)
    check_allowed("sampler", name, SAMPLERS)
    draw = run.load_sampler(name, model)
    draw = draw if label is None else draw.of_label(label)
    return np.concatenate(
        [
            record.kind.unscale(draw.decode(model, draw(size, batch_seed), batch_seed)).numpy()
            for size, batch_seed in batch_seeds(seed, num_images, _BATCH_SIZE)
        ]
    )
