"""Trains all seeds of a cell of the synthetic benchmark, and writes their scores.

python -m results.synthetic.cell --method=radial --t=4 --d=64 --data_dim=16 --out=cell.json
"""

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
import tensorflow as tf
from absl import flags
from tqdm import trange

from benchmarks.machine import processor_name
from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.plots.files import save
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import Range
from ivaae_tf.runs.record import git_commit
from results.synthetic import measures
from results.synthetic.cells import NUM_SEEDS, NUM_STEPS
from results.synthetic.methods import METHODS
from results.synthetic.problem import Problem
from results.synthetic.training import Settings, Training

FLAGS = flags.FLAGS

# Values of each seed at the last step that are in the record, beside the values of the course.
_SHOWN = ("js_estimate", "gradient_norm", "mean_norm_squared", "variance", "sse", "fld")


def _declare_flags() -> None:
    flags.DEFINE_enum("method", "aae", list(METHODS), "Method.")
    define_number("t", 1, "Number of bridges.", Range(1, 1000))
    define_number("weight", 4.0, "Weight μ₂ of the latent loss.", Range(0.0, 1e6))
    define_number("speed", 10.0, "Factor of the discriminator's learning rate.", Range(0.0, 1e6))
    define_number("d", 64, "Dimension of the codes.", Range(1, 10_000))
    define_number("data_dim", 16, "Dimension of the true codes.", Range(1, 10_000))
    define_number("distance", 0.0, "Norm of the first codes' mean.", Range(0.0, 1e6))
    define_number("num_seeds", NUM_SEEDS, "Number of seeds.", Range(1, 1000))
    define_number("num_steps", NUM_STEPS, "Number of steps.", Range(measures.INTERVAL, 10**6))
    define_path("out", None, "File to write.", required=True)
    define_data_location_flags()  # All studies give them, also to cells, which make their data.


def main(argv) -> None:
    """Writes the file."""
    del argv
    problem = Problem(FLAGS.d, FLAGS.data_dim, FLAGS.distance)
    settings = Settings(problem, FLAGS.method, FLAGS.t, FLAGS.weight, FLAGS.speed)
    content = train(settings, FLAGS.num_seeds, FLAGS.num_steps)
    save(Path(FLAGS.out), json.dumps(content, allow_nan=False).encode())


def train(settings: Settings, num_seeds: int, num_steps: int = NUM_STEPS) -> dict[str, Any]:
    """Returns the settings, the history and a table of the seeds of a new training.

    Args:
        settings: Settings of the cell.
        num_seeds: Number of seeds, at least 1.
        num_steps: Number of steps, a multiple of `measures.INTERVAL`.
    """
    tf.keras.utils.set_random_seed(0)
    training = Training(settings, num_seeds, num_steps)
    times = [_scores(training)]
    for start in trange(0, num_steps, measures.INTERVAL):
        steps = [training.step(start + index) for index in range(measures.INTERVAL)]
        estimates, norms = np.array(steps).transpose(1, 0, 2)
        means = {"js_estimate": estimates.mean(axis=0), "gradient_norm": norms.mean(axis=0)}
        times.append(means | _scores(training))

    flds = np.array([each["fld"] for each in times])
    seeds = {
        **{name: times[-1][name] for name in _SHOWN},
        **{name: each for name, each in times[-1].items() if name.startswith("fld_part")},
        **measures.of_course(flds, settings.problem.d),
        "samples": measures.of_samples(training.samples().numpy(), training.data().numpy()),
    }
    return {
        "settings": _settings(settings, num_seeds, num_steps),
        "history": measures.summary(times),
        "seeds": [
            {name: f"{each[seed]:.6g}" for name, each in seeds.items()} for seed in range(num_seeds)
        ],
        "conditions": {
            "processor": processor_name(),
            "data": {"name": "synthetic"},
            "versions": {
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in ("tensorflow", "keras")},
            },
            "git_commit": git_commit(Path(__file__)),
        },
    }


def _scores(training: Training) -> dict[str, np.ndarray]:
    codes, errors = training.codes_and_errors()
    return {"sse": errors.numpy(), **measures.of_codes(codes.numpy())}


def _settings(settings: Settings, num_seeds: int, num_steps: int) -> Mapping[str, Any]:
    """Returns the settings by the names that all records have."""
    problem = settings.problem
    return {
        "method": settings.method,
        "num_bridges": settings.num_bridges,
        "latent_weight": settings.latent_weight,
        "discriminator_speed": settings.discriminator_speed,
        "latent_dim": problem.d,
        "data_dim": problem.data_dim,
        "distance": problem.distance,
        "num_seeds": num_seeds,
        "num_steps": num_steps,
    }


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
