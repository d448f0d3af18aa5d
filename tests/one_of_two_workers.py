"""Main for tests: one of the two workers of TF_CONFIG, which trains small models.

one_of_two_workers.py <pickle>   writes this worker's results
"""

import pickle
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from ivaae_tf.training.distribute.workers import Workers
from tests import conformance_table, poisoned_training

COMBINATIONS = [
    ("svgd", "adversarial", "convolutional", "point"),  # particles, batch normalization
    ("blockwise", "mmd", "fully_connected", "gaussian"),  # sums over pairs
]
BITS = np.array([1, 0x80000000, 0x7FC00001], np.uint32)  # 1e-45, −0 and one of the NaNs
_BATCH_SIZE, _NUM_STEPS = 8, 10


def results(strategy: tf.distribute.Strategy) -> dict:
    """Returns combination -> the results of ten steps of SGD and of the evaluation.

    With 19, 17 and 3 images, the last batch has 3 (unequal over two replicas) or 1.
    """
    return {combination: _trained(strategy, combination) for combination in COMBINATIONS}


def _trained(strategy: tf.distribute.Strategy, combination) -> dict:
    with strategy.scope():
        model = conformance_table.build(*combination)
    fit = model.fit(_batches(_NUM_STEPS * _BATCH_SIZE), shuffle=False, verbose=0)
    return {
        "weights": model.get_weights(),
        "random_state": np.concatenate([part.random_state.numpy() for part in model.random_parts]),
        "epoch": {name: float(values[0]) for name, values in fit.history.items()},
        "evaluations": [
            float(model.evaluate(_batches(n), verbose=0, return_dict=True)["reconstruction_loss"])
            for n in (19, 17, 3)
        ],
    }


def _batches(num_images: int) -> tf.data.Dataset:
    shape = (num_images, *conformance_table.IMAGE_SHAPE)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(images).batch(_BATCH_SIZE)


def _compare(path: Path) -> None:
    workers = Workers("multi_worker")
    with workers.ending_together():
        found = results(workers.strategy)
        found["refusals"] = [
            _refusal(workers.check_flags, batch_size=7, jit_compile=False),
            _refusal(workers.check_flags, batch_size=8, jit_compile=True),
            _refusal(workers.check_agreement, {"is_chief": workers.is_chief}),
        ]
        bits = np.uint32(workers.is_chief) * BITS
        with workers.strategy.scope():
            variable = keras.Variable(np.zeros(3, np.float32))
        variable.assign(bits.view(np.float32))
        workers.broadcast([variable])
        found["bits"] = variable.numpy().view(np.uint32)
        found["restored"] = _restored(workers, path.with_suffix(".runs"))
    path.write_bytes(pickle.dumps(found))


def _restored(workers: Workers, folder: Path) -> dict:
    """Returns the results of a training with a bad image of the second worker, and without one."""
    run, model = poisoned_training.train(workers, folder / "restored", num_poisoned=1)
    step = poisoned_training.STEPS_PER_EPOCH
    poisoned_training.train(workers, folder / "same", 0, epochs=1)
    _, same = poisoned_training.train(workers, folder / "same", 0, restores=(step,))
    return {
        "restores": run.restores(),
        "reasons": run.reasons,
        "state": [variable.numpy() for variable in model.state_variables],
        "same": [variable.numpy() for variable in same.state_variables],
    }


def _refusal(check, *arguments, **options) -> str:
    try:
        check(*arguments, **options)
    except UserError as error:
        return str(error)
    return "none"


if __name__ == "__main__":
    _compare(Path(sys.argv[1]))
