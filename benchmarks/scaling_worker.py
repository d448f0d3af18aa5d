"""Serves training steps of one of several workers, as `benchmarks.stepper` does for one process.

The first line of output lists the collective operations of a step: kind, number and bytes.
"""

import json
import math
import os
import sys
from collections import Counter

import ivaae_tf.program.startup  # noqa: F401

import tensorflow as tf

from benchmarks.step_settings import StepSettings
from benchmarks.stepper import serve
from benchmarks.steps import build, images
from ivaae_tf.training.distribute.workers import Workers


def main() -> None:
    """Serves the step of a worker on the cores of the first argument."""
    cores, *arguments = sys.argv[1:]
    # Before TensorFlow creates its threads, one for each core that it may use.
    os.sched_setaffinity(0, map(int, cores.split(",")))

    # The model and its compiled step.
    settings = StepSettings.of(dict(argument.split("=") for argument in arguments))
    workers = Workers("auto")
    strategy = workers.strategy
    with strategy.scope():
        model = build(settings)
    replicas = strategy.num_replicas_in_sync
    batch = tf.constant(images(settings)[: settings.batch_size // replicas])

    def on_all(batch):
        logs = strategy.run(model.train_step, args=(batch,))
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in logs.items()
        }

    step = tf.function(on_all, autograph=False)
    print(json.dumps(collectives(step.get_concrete_function(batch).graph)), flush=True)

    def run() -> None:
        for value in step(batch).values():
            value.numpy()

    with workers.ending_together():
        serve(run)


def collectives(graph: tf.Graph) -> dict[str, list[int]]:
    """Returns kind -> [number of operations, bytes of a worker's inputs].

    Operations of functions that the graph calls are counted once for each function.
    """
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    functions = [graph, *(each.graph for each in _called(graph))]
    for each in functions:
        for operation in each.get_operations():
            if operation.type.startswith("Collective") and operation.inputs:
                tensor = operation.inputs[0]
                counts[operation.type] += 1
                sizes[operation.type] += tensor.dtype.size * math.prod(
                    dimension or 1 for dimension in tensor.shape.as_list()
                )
    return {kind: [counts[kind], sizes[kind]] for kind in counts}


def _called(graph: tf.Graph) -> list:
    """Returns the functions in a graph's library."""
    return [each for each in graph._functions.values() if hasattr(each, "graph")]


if __name__ == "__main__":
    main()
