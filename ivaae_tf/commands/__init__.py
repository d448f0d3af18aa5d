"""The commands of `ivaae`, and what each is for."""

from ivaae_tf.commands import command_flags as declare
from ivaae_tf.commands.data_flags import PREPARE
from ivaae_tf.program.command import Command

TRAIN = Command(
    "ivaae_tf.commands.train",
    "trains a model, or continues its training",
    declare.train_flags,
    first_flags=(
        "workdir",
        "dataset",
        "image_folder",
        "method",
        "network",
        "image_size",
        "width",
        "batch_size",
        "epochs",
        "evaluate_every",
    ),
)
SECOND_STAGE = Command(
    "ivaae_tf.commands.second_stage",
    "trains a second stage on the codes of a run",
    declare.second_stage_flags,
    first_flags=("workdir", "epochs", "width", "overwrite"),
)
EVALUATE = Command("ivaae_tf.commands.evaluate", "scores a run", declare.evaluate_flags)
SAMPLE = Command(
    "ivaae_tf.commands.sample", "draws images from an exported model", declare.sample_flags
)
EXPORT = Command(
    "ivaae_tf.commands.export",
    "writes a SavedModel or ONNX files, and a model card",
    declare.export_flags,
)
REPORT = Command(
    "ivaae_tf.commands.report",
    "compares finished runs on one HTML page",
    declare.report_flags,
    takes_arguments=True,
)
STABILITY = Command(
    "ivaae_tf.commands.stability",
    "measures the stability of training (Figures 2 and 3)",
    declare.stability_flags,
)
PROBE = Command(
    "ivaae_tf.commands.probe",
    "classifies from frozen features (Figure 5)",
    declare.probe_flags,
)

OUTLIERS = Command(
    "ivaae_tf.commands.outliers",
    "finds images that are unlike the training images",
    declare.outliers_flags,
    first_flags=("workdir", "image_folder", "split", "out", "normal", "false_alarm_rate"),
)

FILM = Command(
    "ivaae_tf.commands.film", "shows the samples of each epoch as a film", declare.film_flags
)

EXPLORE = Command(
    "ivaae_tf.commands.explore",
    "writes a page to look around in the latent space",
    declare.explore_flags,
    first_flags=("workdir", "out", "overwrite"),
)

COMMANDS = {
    "prepare": PREPARE,
    "train": TRAIN,
    "second_stage": SECOND_STAGE,
    "evaluate": EVALUATE,
    "sample": SAMPLE,
    "export": EXPORT,
    "report": REPORT,
    "outliers": OUTLIERS,
    "film": FILM,
    "explore": EXPLORE,
    "stability": STABILITY,
    "probe": PROBE,
}
