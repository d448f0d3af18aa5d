"""Exports a run: `ivaae export --workdir=runs/demo --out=runs/demo/saved_model`.

The SavedModel needs only TensorFlow. Its images are uint8, shape (n, height, width, channels).
"""

from pathlib import Path

import pipelines.startup  # noqa: F401

from absl import flags

from ivaae_tf import commands, model_card, saved_model
from ivaae_tf.runs.directory import RunDirectory
from pipelines import command_line
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

FLAGS = flags.FLAGS
commands.EXPORT.define_flags()


def main(argv) -> None:
    """Writes the SavedModel and its model card."""
    del argv
    run = RunDirectory(FLAGS.workdir)
    out = Path(FLAGS.out)
    if out.exists() and not (FLAGS.overwrite and (out / "saved_model.pb").exists()):
        raise UserError(
            f"--out: {out} exists; give a new folder, or --overwrite to replace a SavedModel"
        )
    model = run.load_best()
    own = run.read_record().settings.sampler
    names = dict.fromkeys([own, "prior", *(FLAGS.sampler or [])])
    exported = [run.load_sampler(name, model) for name in names]
    detector = run.load_detector(model)
    with replace_when_complete(out, is_folder=True) as folder:
        saved_model.write(model, exported, folder, detector)
        (folder / "README.md").write_text(model_card.write(run, model, exported, detector))
    print(f"SavedModel and model card in {out}")


if __name__ == "__main__":
    command_line.run(main, commands.EXPORT)
