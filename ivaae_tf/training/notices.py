"""Lines at the start of a training about what may surprise."""

from ivaae_tf.choices import AUTO
from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.settings import Settings


def print_notices(
    settings: Settings, epochs: int, evaluator: Evaluator | None, extractor: str
) -> None:
    """Prints decay epochs without effect, and a note if FLD is the main score.

    Args:
        settings: The settings of the run.
        epochs: Value of --epochs.
        evaluator: The evaluator during training, if there is one.
        extractor: Value of --extractor.
    """
    if late := [epoch for epoch in settings.lr_decay_epochs if epoch >= epochs]:
        print(
            f"--lr_decay_epochs: no decay at {', '.join(map(str, late))}, because training ends "
            f"at --epochs={epochs}"
        )
    if evaluator is not None and extractor == AUTO and evaluator.has_classes_of_subfolders:
        print(
            f"the {evaluator.dataset.num_classes} subfolders are taken for classes, and a "
            "classifier of them compares images; --extractor=none leaves FLD alone"
        )
    if evaluator is None or evaluator.extractor is not None:
        return
    if not settings.method_row.has_encoder:
        print(
            f"there will be no best.keras, because --extractor={extractor} gives no network for "
            f"comparing images, and {settings.method} has no codes to score"
        )
    else:
        print(
            "best.keras is the checkpoint with the lowest FLD, because "
            f"--extractor={extractor} gives no network for comparing images; use "
            "--extractor=keras_inception or --inception_graph=FILE for more scores"
        )
