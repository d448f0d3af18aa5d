"""Exports a run: `ivaae export --workdir=runs/demo --out=runs/demo/saved_model`.

The SavedModel needs only TensorFlow. Its images are uint8, shape (n, height, width, channels).
--format=onnx writes encoder and decoder for programs without TensorFlow.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.shared_flags import define_out_flag, define_workdir_flag
from ivaae_tf.methods import SAMPLERS
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.written_folders import replace_written_folder

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the model and its model card."""
    del argv
    from ivaae_tf.export import FORMATS

    out = Path(FLAGS.out)
    with replace_written_folder(
        out,
        may_replace=FLAGS.overwrite and (out / FORMATS[FLAGS.format]).exists(),
        advice="give a new folder, or --overwrite to replace an export of the same format",
    ) as folder:
        from ivaae_tf.export import run_export
        from ivaae_tf.runs.directory import RunDirectory

        run = RunDirectory(FLAGS.workdir)
        model = run.load_best()
        if FLAGS.format == "onnx":
            run_export.write_onnx(run, model, folder)
        else:
            run_export.write_saved_model(run, model, folder, FLAGS.sampler or [])
    print(f"{FLAGS.format} model and model card in {out}")


def define_flags() -> None:
    """Defines the flags of the run and of the files to write."""
    define_workdir_flag(path_flags.existing_folder)
    define_out_flag("New folder for the model.")
    flags.DEFINE_enum(
        "format",
        "saved_model",
        ["saved_model", "onnx"],
        "SavedModel for TensorFlow, or ONNX files of encoder and decoder (needs tf2onnx).",
    )
    flags.DEFINE_multi_enum(
        "sampler",
        None,
        SAMPLERS,
        "Samplers to export besides the prior and the method's own; repeatable.",
    )
    flags.DEFINE_bool("overwrite", False, "Replace an existing export of the format.")
    flags.register_multi_flags_validator(["format", "out"], _check_can_be_loaded)
    flags.register_multi_flags_validator(
        ["format", "sampler"],
        lambda values: values["format"] != "onnx" or not values["sampler"],
        "--sampler is for --format=saved_model; an ONNX file has no sampler",
    )


def _check_can_be_loaded(values: Mapping[str, str]) -> bool:
    if values["format"] == "saved_model":
        path_flags.check_is_no_pattern(str(Path(values["out"]).absolute()))
    return True


COMMAND = Command(main, define_flags, __doc__)
