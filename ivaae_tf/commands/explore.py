"""Writes a web page to explore a latent space.

    ivaae explore --workdir=runs/demo --out=explorer

The page runs encoder and decoder in the browser, and needs no network: sliders along the principal
directions of the codes, walks between two codes, your own pictures with their errors, and the
bridge T_0(z), …, T_t(z) of every code. A file server opens it:

    python -m http.server --bind 127.0.0.1 --directory explorer
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.data_flags import data_location, define_data_location_flags
from ivaae_tf.commands.shared_flags import (
    define_network_flag,
    define_out_flag,
    define_workdir_flag,
)
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import Range

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the page and all that it needs."""
    del argv
    from ivaae_tf.api.opening import open_run

    out = Path(FLAGS.out)
    open_run(FLAGS.workdir, FLAGS.network).explore(
        out,
        num_examples=FLAGS.num_examples,
        onnxruntime_web=FLAGS.onnxruntime_web,
        overwrite=FLAGS.overwrite,
        **data_location(FLAGS.flag_values_dict()),
    )
    server = ["python", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(out)]
    print(f"explorer in {out}; open it with\n  {shlex.join(server)}")


def define_flags() -> None:
    """Defines the flags of the run, the page and the data."""
    define_workdir_flag(path_flags.existing_folder)
    define_network_flag()
    define_out_flag("New folder for the page.")
    flags.DEFINE_bool("overwrite", False, "Replace an existing explorer.")
    define_number("num_examples", 8, "Held-out images that the page offers.", Range(0, 100))
    define_path(
        "onnxruntime_web",
        None,
        "Folder with the files of onnxruntime-web (`dist` of its npm package); by default they are "
        "downloaded once to --data_dir.",
        path_flags.existing_folder,
    )
    define_data_location_flags()


COMMAND = Command(main, define_flags, __doc__, first_flags=("workdir", "out", "overwrite"))
