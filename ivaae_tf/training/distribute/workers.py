"""Devices of a run, and collective operations of several workers."""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.program import interruption
from ivaae_tf.program.errors import UserError, summarize_error
from ivaae_tf.training.distribute import rendezvous
from ivaae_tf.training.distribute.cluster import EXAMPLE, Cluster, cluster_from_environment

# The errors of collective operations when a worker is lost.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.CancelledError,
)


class Workers:
    """The processes that train one model together; a single one without a cluster.

    Create it before any TensorFlow operation runs, as TensorFlow requires.

    Args:
        choice: "none" for one device; "mirrored" for all GPUs of this machine (all logical CPU
            devices if there is no GPU); "multi_worker" for the devices of all workers in TF_CONFIG,
            which must be set; "auto" for "multi_worker" if TF_CONFIG names several workers, else
            "mirrored" if there are several GPUs, else "none".
        seconds_to_start: Time limit for the start of the other workers.

    Attributes:
        strategy: The `tf.distribute` strategy to build and train the model under.
        is_chief: Whether this process writes the run's files.

    Raises:
        UserError: If TF_CONFIG is missing or invalid, another worker does not start in time, or the
            cluster cannot be joined.
    """

    def __init__(self, choice: str, seconds_to_start: float = 300):
        self._cluster = _cluster(choice)
        self.is_chief = self._cluster is None or self._cluster.is_chief
        if self._cluster is None:
            self.strategy = _local_strategy(choice)
        else:
            self.strategy = _multi_worker_strategy(self._cluster, seconds_to_start)

    def describe(self) -> str:
        """Returns a description of the training devices."""
        gpus = tf.config.list_physical_devices("GPU")
        num_workers = 1 if self._cluster is None else len(self._cluster.addresses)
        if gpus:
            used = gpus[: self.strategy.num_replicas_in_sync // num_workers]
            details = map(tf.config.experimental.get_device_details, used)
            names = ", ".join(sorted({each.get("device_name", "no name") for each in details}))
            devices = f"{len(used)} GPU{'s' if len(used) > 1 else ''} ({names})"
        else:
            num_cores = len(os.sched_getaffinity(0))
            cores = f"{num_cores} core{'s' if num_cores > 1 else ''}"
            devices = f'CPU, {cores}: TensorFlow sees no GPU (see "GPU" in README)'
        if self._cluster is None:
            return devices
        return f"{self._cluster.own_name} of {num_workers} workers: {devices}"

    def check_flags(
        self, *, batch_size: int, jit_compile: bool, labeled_batch_size: int = 0
    ) -> None:
        """Checks that the replicas can share a batch equally and compile a step.

        Raises:
            UserError: If they cannot.
        """
        num_replicas = self.strategy.num_replicas_in_sync
        sizes = {"batch_size": batch_size, "labeled_batch_size": labeled_batch_size}
        for name, size in sizes.items():
            if size % num_replicas:
                raise UserError(
                    f"--{name} must be a multiple of the {num_replicas} replicas; found {size}"
                )
        if jit_compile and num_replicas > 1 and not tf.config.list_logical_devices("GPU"):
            # XLA programs on a CPU cannot wait for other replicas; the process would abort.
            raise UserError(
                f"--jit_compile does not work with {num_replicas} replicas on CPUs; leave it out, "
                "or choose --distribution=none"
            )

    @contextlib.contextmanager
    def ending_together(self) -> Iterator[None]:
        """Ends the block when all workers reach its end, or when one is lost.

        TensorFlow's coordination service notices within seconds that a worker has exited or cannot
        be reached. The operations of the other workers then fail.

        Raises:
            UserError: If another worker is lost.
            Interrupted: If this worker received a signal before.
        """
        try:
            yield
            self.wait_for_all()
        except _LOST as error:
            if self._cluster is None or (lost := self._cluster.lost_worker(str(error))) is None:
                raise
            if number := interruption.requested():
                raise interruption.Interrupted(number) from error
            raise UserError(
                f"{lost} ({self._cluster.addresses[lost]}) has ended or cannot be reached; see its "
                "output. To continue from the last checkpoint, start all workers again"
            ) from error
        # A worker that exits may break off what the others still receive of the first wait. So it
        # waits until they have begun a second one, which nobody needs to complete.
        with contextlib.suppress(*_LOST):
            self.wait_for_all()

    @contextlib.contextmanager
    def chief_first(self) -> Iterator[None]:
        """Lets the chief run the block before the other workers."""
        if not self.is_chief:
            self.wait_for_all()
        yield
        if self.is_chief:
            self.wait_for_all()

    def check_agreement(self, settings: dict[str, object], **others: object) -> None:
        """Checks that all workers have the same settings, which are JSON values.

        Raises:
            UserError: If a worker has another value.
        """
        if self._cluster is None:
            return
        texts = {name: json.dumps(value) for name, value in {**settings, **others}.items()}
        all_texts = map(json.loads, self.gather(json.dumps(texts)))
        for worker, theirs in zip(self._cluster.addresses, all_texts, strict=True):
            for name, text in texts.items():
                if theirs.get(name) != text:
                    raise UserError(
                        f"the workers differ in {name}: {self._cluster.own_name} has {text}, "
                        f"{worker} has {theirs.get(name)}; start all with the same flags and data"
                    )

    @property
    def are_several(self) -> bool:
        """Whether this process trains together with others."""
        return self._cluster is not None

    def sum(self, own: Sequence[float]) -> list[float]:
        """Returns the sums of small numbers over all workers; all must call it at the same step."""
        if self._cluster is None:
            return list(own)
        num_replicas = self.strategy.num_replicas_in_sync // len(self._cluster.addresses)
        sums = self._sum_over_replicas(tf.constant(own, tf.float32) / num_replicas)
        return self.strategy.experimental_local_results(sums)[0].numpy().tolist()

    @functools.cached_property
    def _sum_over_replicas(self) -> Callable[[tf.Tensor], tf.Tensor]:
        # Made once, because eager collectives are traced in each call.
        def on_replica(values: tf.Tensor) -> tf.Tensor:
            return replicas.sum_over_replicas([values])[0]

        return tf.function(
            lambda values: self.strategy.run(on_replica, args=(values,)), autograph=False
        )

    def from_chief(self, values: np.ndarray) -> np.ndarray:
        """Returns the chief's float32 values in all workers; all pass values of the same shape."""
        if self._cluster is None:
            return values
        variable = keras.Variable(values, trainable=False)
        self.broadcast([variable])
        return variable.numpy()

    def broadcast(self, variables: list[keras.Variable]) -> None:
        """Sets the variables of all workers to the chief's values, bit for bit."""
        if self._cluster is None:
            return
        for variable in variables:
            value = tf.convert_to_tensor(variable.value)
            # As integers, because adding the other workers' zeros does not change their bits.
            bits = tf.bitcast(value, tf.int32) if value.dtype.size == 4 else value
            bits = tf.cast(bits, tf.int64) * int(self.is_chief)
            total = self.strategy.reduce(tf.distribute.ReduceOp.SUM, bits, axis=None)
            if value.dtype.size == 4:
                total = tf.bitcast(tf.cast(total, tf.int32), value.dtype)
            variable.assign(total)

    def wait_for_all(self) -> None:
        """Returns when all workers have called it."""
        self.gather("")

    def gather(self, text: str) -> list[str]:
        """Returns the texts of all workers, the chief's first; all workers must call it."""
        if self._cluster is None:
            return [text]
        characters = tf.constant([ord(character) for character in text + "\0"], tf.int32)
        gathered = self._gather_characters(characters).numpy()
        return "".join(map(chr, gathered)).split("\0")[:-1]

    @functools.cached_property
    def _gather_characters(self) -> Callable[[tf.Tensor], tf.Tensor]:
        return tf.function(
            lambda characters: self.strategy.gather(characters, axis=0),
            input_signature=[tf.TensorSpec([None], tf.int32)],
            autograph=False,
        )


def _cluster(choice: str) -> Cluster | None:
    """Returns the cluster to train on; None for only this machine."""
    if choice not in ("auto", "multi_worker"):
        return None
    cluster = cluster_from_environment()
    if cluster is None and choice == "multi_worker":
        raise UserError(
            "--distribution=multi_worker needs TF_CONFIG in the environment, with all workers and "
            f"the task of this one, such as {EXAMPLE}"
        )
    return cluster if cluster and cluster.others else None


def _local_strategy(choice: str) -> tf.distribute.Strategy:
    accelerators = tf.config.list_logical_devices("GPU")
    if choice == "none" or (choice != "mirrored" and len(accelerators) < 2):
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(accelerators or tf.config.list_logical_devices("CPU"))


def _multi_worker_strategy(cluster: Cluster, seconds: float) -> tf.distribute.Strategy:
    rendezvous.wait_for_others(cluster, seconds)
    try:
        # No Python code runs now, and TensorFlow handles SIGTERM.
        with rendezvous.guarded(cluster), interruption.left_to_the_system():
            return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        address = cluster.addresses[cluster.own_name]
        raise UserError(
            f"--distribution=multi_worker: {cluster.own_name} ({address}) cannot join the "
            f"others: {summarize_error(error)}"
        ) from error
