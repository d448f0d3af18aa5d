"""Trains runs with all combinations of the values of some flags, and compares them.

    ivaae sweep --flagfile=mnist_ivaae_radial --vary=latent_weight=0.4,1.2,4 --vary=num_bridges=1,4
        --seeds=3 --workdir=runs/sweep --best=fld --where="reconstruction_sse<=30"

Each flag of `ivaae train` may be given, too, and is passed on to all runs: see `ivaae help train`.
The folder of a run is named `latent_weight=0.4,num_bridges=1/seed=0`; its output is in `seed=0.log`
beside it. The same command resumes an interrupted sweep; finished runs are not repeated.

Writes `sweep.csv`, the means of all scores over the seeds with their standard errors, and
`best.json`, the best combination.
"""

import difflib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import DataOptions, EvaluationOptions
from ivaae_tf.commands.shared_flags import define_job_flags
from ivaae_tf.commands.training_flags import SHORT_FORMS, define_training_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.errors import UserError, summarize_error
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_name, define_names, define_path
from ivaae_tf.program.ranges import Range

if TYPE_CHECKING:
    from ivaae_tf.sweeps.runs import SweptRun

FLAGS = flags.FLAGS
_TRAINING: list[str] = []  # names of the flags that are passed on


def main(argv: Sequence[str]) -> None:
    """Runs what is not finished, and writes the table; needs no TensorFlow."""
    del argv
    from ivaae_tf.plots.files import save
    from ivaae_tf.sweeps import table
    from ivaae_tf.sweeps.cells import name_of
    from ivaae_tf.sweeps.runs import complete

    conditions = [table.parse_condition(text) for text in FLAGS.where or ()]
    if conditions and not FLAGS.best:
        raise UserError("--where is a condition for --best, which is not given")
    workdir = Path(FLAGS.workdir)
    try:
        runs = _runs(workdir)
    except flags.Error as error:
        raise UserError(summarize_error(error)) from error
    if FLAGS.dry_run:
        print("\n".join(shlex.join(command) for run in runs for command in run.command_lines))
        return
    num_failed = complete(workdir, runs, FLAGS.num_processes, FLAGS.minutes)
    rows = table.rows_of(runs)
    save(workdir / "sweep.csv", table.to_table(rows))
    shown = dict.fromkeys((FLAGS.best, *(name for name, *_ in conditions)))
    print(table.to_text(rows, list(shown) if FLAGS.best else ()))
    num_finished = sum(len(row.folders) for row in rows)
    print(f"\n{num_finished} of {len(runs)} runs are finished; all scores: {workdir / 'sweep.csv'}")
    if FLAGS.best:
        path = workdir / "best.json"
        if best := table.best_row(rows, FLAGS.best, conditions):
            save(path, table.to_json(best))
            print(f"the best combination: {name_of(best.cell)} ({path})")
        else:
            path.unlink(missing_ok=True)
            print("no combination whose runs are all finished fulfills each --where")
    if num_failed:
        raise UserError(f"{num_failed} of {len(runs)} runs failed")


def _runs(workdir: Path) -> "list[SweptRun]":
    """Returns all runs, whose flags were checked."""
    from ivaae_tf.sweeps.cells import name_of, product
    from ivaae_tf.sweeps.runs import SweptRun

    first = FLAGS.seed
    cells = product(_variations())
    return [
        SweptRun(cell, workdir / name_of(cell) / f"seed={seed}", _commands({**cell, "seed": seed}))
        for cell in cells
        for seed in range(first, first + FLAGS.seeds)
    ]


def _variations() -> dict[str, list[str]]:
    """Returns the name -> the values of each --vary, each of which was checked."""
    from ivaae_tf.sweeps.cells import parse_variation

    may_vary = [name for name in _TRAINING if not isinstance(FLAGS[name], flags.MultiFlag)]
    may_vary += SHORT_FORMS
    variations: dict[str, list[str]] = {}
    for text in FLAGS.vary or ():
        name, values = parse_variation(text)
        if name == "seed":
            raise UserError(f"--vary={text}: --seeds sets the number of seeds, --seed the first")
        if name not in may_vary:
            near = difflib.get_close_matches(name, may_vary, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UserError(f"--vary={text}: {name} is not a flag of a training{hint}")
        if name in variations:
            raise UserError(f"--vary={text}: another --vary has {name}, too")
        flag = FLAGS[SHORT_FORMS.get(name, (name,))[0]]
        found: list[object] = []
        for value in values:
            flag.parse(value)
            if flag.value in found:
                raise UserError(f"--vary={text}: {value} is given twice")
            found.append(flag.value)
        variations[name] = values
    return variations


def _commands(values: Mapping[str, str | int]) -> list[list[str]]:
    """Returns the commands of a run with these values of flags, which are checked together."""
    for name, value in values.items():
        for each in SHORT_FORMS.get(name, (name,)):
            FLAGS[each].parse(value)
    FLAGS.validate_all_flags()
    all_values = FLAGS.flag_values_dict()
    of_evaluation = keywords(all_values, EvaluationOptions, DataOptions)
    commands = [("train", _TRAINING)] + [("evaluate", list(of_evaluation))] * FLAGS.evaluate
    return [
        [command, *(text for name in names if FLAGS[name].present for text in _texts(FLAGS[name]))]
        for command, names in commands
    ]


def _texts(flag: flags.Flag) -> list[str]:
    """Returns a flag as on a command line."""
    if flag.boolean:  # --mixed_precision may be auto.
        return [f"--{flag.name}={str(flag.value).lower()}"]
    return flag.serialize().split("\n")


def define_flags() -> None:
    """Defines the flags of the sweep, and the flags of a training, which its help leaves out."""
    define_path("workdir", None, "Folder of the sweep.", path_flags.output_folder, required=True)
    define_names(
        "vary",
        "Flag of ivaae train and its values, such as latent_weight=0.4,1.2,4; repeatable: all "
        "combinations are trained. A value may have letters, digits and _ . + -, because it is a "
        "part of the name of a folder.",
    )
    define_number(
        "seeds", 1, "Number of seeds of each combination, from --seed on.", Range(1, 1000)
    )
    flags.DEFINE_bool("evaluate", False, "Run ivaae evaluate after each training.")
    define_name("best", None, "Score whose best mean is written to best.json, such as fld.")
    define_names(
        "where",
        "Condition for --best, such as reconstruction_sse<=30 (or >=) in quotation marks; "
        "repeatable.",
    )
    define_job_flags(1, "table")
    flags.DEFINE_bool("dry_run", False, "Only print the commands of all runs.")
    before = set(FLAGS)
    with topic(None):
        define_training_flags()
    _TRAINING.extend(name for name in FLAGS if name not in before)


COMMAND = Command(main, define_flags, __doc__, short_forms=SHORT_FORMS)
