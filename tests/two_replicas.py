"""Main for tests: trains models on one and on two replicas, on two logical CPU devices.

A process can have only one list of logical devices, so tests start this process and read its
pickle. Both trainings have the same initial weights and the same global batches.
"""

import argparse
import functools
import pickle
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from ivaae_tf import FusedAdam
from tests import conformance_table

_BATCH_SIZE = 8

_NUM_STEPS = 10


def _two_replicas() -> tf.distribute.Strategy:
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def _batches(num_images: int) -> tf.data.Dataset:
    shape = (num_images, *conformance_table.IMAGE_SHAPE)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(images).batch(_BATCH_SIZE)


def _images(images: tf.Tensor) -> tf.Tensor:
    return images


def _images_and_labels(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return images, tf.range(_BATCH_SIZE) % 3 - 1


def _with_labeled_images(images: tf.Tensor) -> dict[str, tf.Tensor]:
    return {
        "images": images,
        "labeled_images": images[::2],  # Each replica has a half of them, too.
        "labels": tf.range(_BATCH_SIZE // 2) % conformance_table.NUM_CATEGORIES,
    }


# Term -> what a batch has, and arguments of the model.
_CONTENTS = {
    **dict.fromkeys(conformance_table.LABELS, (_images_and_labels, {})),
    **dict.fromkeys(conformance_table.CATEGORIES, (_with_labeled_images, {"label_weight": 1.0})),
}


@functools.cache
def _distributed_batches(strategy: tf.distribute.Strategy, content) -> list:
    """Returns the batches of all trainings, which take longer to distribute than to compute."""
    batches = _batches(_NUM_STEPS * _BATCH_SIZE).map(content)
    return list(strategy.experimental_distribute_dataset(batches))


def _train(strategy: tf.distribute.Strategy, combination) -> dict:
    """Returns weights, random state and logs of a model before and after ten steps."""
    content, options = _CONTENTS.get(combination[3], (_images, {}))
    with strategy.scope():
        model = conformance_table.build_any(combination, **options)
    before, steps = model.get_weights(), []
    step = tf.function(lambda batch: strategy.run(model.train_step, [batch]), autograph=False)
    for batch in _distributed_batches(strategy, content):
        steps.append(
            {
                name: float(strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None))
                for name, value in step(batch).items()
            }
        )
    return {
        "before": before,
        "weights": model.get_weights(),
        "random_state": np.concatenate([part.random_state.numpy() for part in model.random_parts]),
        "steps": steps,
    }


def _fit_and_evaluate(strategy: tf.distribute.Strategy) -> dict:
    """Returns the logs of an epoch and of an evaluation (2 and 1 images in the last batch)."""
    with strategy.scope():
        model = conformance_table.build(*conformance_table.COMBINATIONS[0])
    fit = model.fit(_batches(_NUM_STEPS * _BATCH_SIZE), shuffle=False, verbose=0)
    weights = model.get_weights()
    return {
        "weights": weights,
        "weights_in_groups": _fit_in_groups(strategy),
        "epoch": {name: values[0] for name, values in fit.history.items()},
        "evaluation": model.evaluate(_batches(19), verbose=0, return_dict=True),
    }


def _fit_in_groups(strategy: tf.distribute.Strategy) -> list[np.ndarray]:
    """Returns the weights after that epoch, in groups of three steps (the last: one)."""
    with strategy.scope():
        model = conformance_table.build(*conformance_table.COMBINATIONS[0])
    model.steps_per_execution = 3
    endless = _batches(_NUM_STEPS * _BATCH_SIZE).repeat()
    model.fit(endless, steps_per_epoch=_NUM_STEPS, shuffle=False, verbose=0)
    return model.get_weights()


def _norms_of_fused_adam(strategy: tf.distribute.Strategy, **options) -> dict[str, float]:
    """Returns the norms of the gradients that the fused Adam applied in a step."""
    with strategy.scope():
        model = conformance_table.build(*conformance_table.COMBINATIONS[0])
        model.compile(*(FusedAdam(1e-3, **options) for _ in range(3)))
    step = tf.function(lambda batch: strategy.run(model.train_step, [batch]), autograph=False)
    (batch,) = strategy.experimental_distribute_dataset(_batches(_BATCH_SIZE))
    return {
        name: float(strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None))
        for name, value in step(batch).items()
        if name.endswith("gradient_norm")
    }


def _noise(strategy: tf.distribute.Strategy, make) -> np.ndarray:
    """Returns the rungs of zero codes in a global batch, in the order of the replicas."""
    codes = np.zeros((1000, conformance_table.LATENT_DIM), np.float32)
    with strategy.scope():
        intervention = make(conformance_table.NUM_BRIDGES, seed=5)
    batches = tf.data.Dataset.from_tensor_slices(codes).batch(len(codes))
    (batch,) = strategy.experimental_distribute_dataset(batches)
    rungs = strategy.run(tf.function(intervention), [batch])
    return np.concatenate(strategy.experimental_local_results(rungs), axis=1)


def _state_restored(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether a file restores weights and random state in a strategy's scope."""
    with strategy.scope(), tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.weights.h5"))
        models = [conformance_table.build(*conformance_table.COMBINATIONS[0]) for _ in range(2)]
        states = [model.intervention.seed_generator.state for model in models]
        states[0].assign([11, 12])
        models[0].encoder.weights[0].assign_add(tf.ones_like(models[0].encoder.weights[0]))
        models[0].save_weights(path)
        models[1].load_weights(path)
    pairs = zip(models[0].get_weights(), models[1].get_weights(), strict=True)
    return bool(np.all(states[1] == [11, 12]) and all(np.array_equal(*pair) for pair in pairs))


def main() -> None:
    """Writes a pickle with the results of one and of two replicas, for a network's combinations."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("network")
    parser.add_argument("combinations", nargs="*")
    arguments = parser.parse_args()
    strategies = {"two": _two_replicas(), "one": tf.distribute.get_strategy()}
    combinations = [tuple(each.split("-")) for each in arguments.combinations]
    results = {
        combination: {name: _train(strategy, combination) for name, strategy in strategies.items()}
        for combination in combinations
    }
    if arguments.network == conformance_table.COMBINATIONS[0][2]:
        results["noise"] = {
            name: {
                intervention: _noise(strategy, make)
                for intervention, make in conformance_table.INTERVENTIONS.items()
            }
            for name, strategy in strategies.items()
        }
        results["fit"] = {name: _fit_and_evaluate(s) for name, s in strategies.items()}
        results["norms"] = {name: _norms_of_fused_adam(s) for name, s in strategies.items()}
        results["clipped_norms"] = {
            name: _norms_of_fused_adam(s, global_clipnorm=conformance_table.CLIPNORM)
            for name, s in strategies.items()
        }
        results["state_restored"] = _state_restored(strategies["two"])
    arguments.out.write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    main()
