"""Flags that several commands share."""

import re
from collections.abc import Mapping
from typing import Any

from absl import flags

from ivaae_tf.program import path_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_name, define_path
from ivaae_tf.program.ranges import STEPS, Range
from ivaae_tf.setting_fields import is_object_name

EXTRACTORS = ("auto", "none", "classifier", "inception2015", "keras_inception")
_SCORED = Range(4, 100_000_000)  # numbers of images and codes


def define_workdir_flag(check: path_flags.Check = path_flags.output_folder) -> None:
    """Defines --workdir."""
    with topic("Run"):
        define_path("workdir", None, "Folder of the run.", check, required=True)


def define_network_flag() -> None:
    """Defines --network of the commands that load a model."""
    with topic("Run"):
        define_name(
            "network",
            None,
            "For a run whose networks have classes of your own: my_package.my_module:MyNetworks, "
            "which is imported.",
            _check_network,
        )


def import_network(name: str | None) -> None:
    """Imports the module of the user's networks, if --network names one."""
    if name is not None:
        from ivaae_tf.models.networks.own import networks_named

        networks_named(name)


def _check_network(value: str) -> None:
    if not is_object_name(value):
        raise flags.ValidationError("expected module:Name")


def define_out_flag(help_text: str) -> None:
    """Defines --out, a folder."""
    define_path("out", None, help_text, path_flags.output_folder, required=True)


def define_log_every() -> None:
    """Defines --log_every."""
    with topic("Run"):
        define_number("log_every", 10, "Steps between values in TensorBoard.", STEPS)


def define_evaluation_flags() -> None:
    """Defines the flags of the evaluation: the network and the image counts."""
    with topic("Evaluation"):
        flags.DEFINE_enum(
            "extractor",
            "auto",
            list(EXTRACTORS),
            "Network whose features are compared; auto: inception2015 if --inception_graph is set, "
            "else classifier if the data have labels, else none.",
        )
        define_path(
            "inception_graph",
            None,
            "Path or URL of classify_image_graph_def.pb, the network of the standard FID, or of "
            "inception-2015-12-05.tgz, the archive that contains it.",
            path_flags.existing_file_or_address,
        )
        define_name(
            "inception_graph_sha256",
            None,
            "SHA-256 of classify_image_graph_def.pb. It confirms that --inception_graph is the "
            "published graph; only then its scores are called FID.",
            _check_sha256,
        )
        define_number("num_samples", 20_000, "Number of samples to score.", _SCORED)
        define_number("num_codes", 60_000, "Training images to encode for FLD, at most.", _SCORED)


def evaluation_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of `make_evaluator` from the values of all flags."""
    names = ("extractor", "inception_graph", "inception_graph_sha256")
    return {name: values[name] for name in (*names, "data_dir", "num_samples", "num_codes")}


def _check_sha256(value: str) -> None:
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise flags.ValidationError("a SHA-256 has 64 hexadecimal digits")
