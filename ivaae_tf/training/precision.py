"""Times float32 and bfloat16 steps, for --mixed_precision=auto."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.categories import BATCH_NAMES
from ivaae_tf.models.build import make_model
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.settings import Settings
from ivaae_tf.training.distribute.workers import Workers

_LEAST_GAIN = 1.1  # Below it, the digits of float32 are worth more.
_MAX_SECONDS = 5.0
_MAX_ROUNDS = 20


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """Median times of a training step in both precisions, in seconds."""

    float32: float
    bfloat16: float

    @property
    def bfloat16_is_faster(self) -> bool:
        """Whether bfloat16 is at least 1.1 times as fast."""
        return self.float32 >= _LEAST_GAIN * self.bfloat16

    def __str__(self) -> str:
        return (
            f"a step takes {1000 * self.bfloat16:.1f} ms in bfloat16, "
            f"{1000 * self.float32:.1f} ms in float32"
        )


def chosen(
    settings: Settings,
    image_shape: tuple[int, ...],
    run: RunDirectory,
    workers: Workers,
    report: Callable[[str], None] = print,
) -> Settings:
    """Returns the settings with the precision for --mixed_precision=auto.

    A run keeps its precision; for a new one, the chief times steps in both.
    """
    mixed = False
    if workers.is_chief:
        if run.record_path.exists():
            mixed = run.read_record().settings.mixed_precision
        else:
            times = step_times(of_one_replica(settings, workers), image_shape)
            mixed = times.bfloat16_is_faster
            report(f"--mixed_precision={str(mixed).lower()} is chosen: {times}")
    return dataclasses.replace(
        settings, mixed_precision=bool(workers.from_chief(np.array([mixed], np.float32))[0])
    )


def of_one_replica(settings: Settings, workers: Workers) -> Settings:
    """Returns the settings with the batches of one replica."""
    names = ("batch_size", "labeled_batch_size") if settings.learns_labels else ("batch_size",)
    num_replicas = workers.strategy.num_replicas_in_sync
    sizes = {name: getattr(settings, name) // num_replicas for name in names}
    return dataclasses.replace(settings, **sizes)


def step_times(settings: Settings, image_shape: tuple[int, ...]) -> StepTimes:
    """Times training steps alternately in float32 and in bfloat16, on one device.

    The settings determine networks, batch and compiler; the images are noise.

    Args:
        settings: The result of `of_one_replica`; `mixed_precision` is ignored.
        image_shape: (height, width, channels).
    """
    seconds = _median_seconds(
        {mixed: _step(settings, image_shape, mixed) for mixed in (False, True)}
    )
    return StepTimes(seconds[False], seconds[True])


def seconds_of_a_step(settings: Settings, image_shape: tuple[int, ...]) -> float:
    """Returns the median time of a training step on noise, on one device.

    Args:
        settings: The result of `of_one_replica`.
        image_shape: (height, width, channels).
    """
    mixed = settings.mixed_precision
    return _median_seconds({mixed: _step(settings, image_shape, mixed)})[mixed]


def _median_seconds(steps: Mapping[bool, Callable[[], object]]) -> dict[bool, float]:
    """Returns the median time of each step, measured alternately for some seconds."""
    seconds: dict[bool, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()  # The first call compiles.
    end = time.perf_counter() + _MAX_SECONDS
    number = 0
    while not number or (time.perf_counter() < end and number < _MAX_ROUNDS):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
        number += 1
    return {name: float(np.median(times)) for name, times in seconds.items()}


@contextlib.contextmanager
def policy(mixed_precision: bool) -> Iterator[None]:
    """Uses bfloat16 for layers made in the block if `mixed_precision`, else float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed_precision else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _step(settings: Settings, image_shape: tuple[int, ...], mixed: bool) -> Callable[[], object]:
    """Returns a training step that waits for its result."""
    # Their labels take no time.
    settings = dataclasses.replace(settings, conditional=False, prior_by_label=False)
    with policy(mixed):
        model = make_model(settings, image_shape)
        model.compile(**make_optimizers(settings, steps_per_epoch=1))
        dtype = keras.config.dtype_policy().compute_dtype
    run = tf.function(model.train_step, jit_compile=settings.jit_compile, autograph=False)

    def noise(size: int) -> tf.Tensor:
        images = tf.random.stateless_uniform((size, *image_shape), [0, 0], -1, 1)
        return tf.cast(images, dtype)

    batch = noise(settings.batch_size)
    if settings.learns_labels:
        size = settings.labeled_batch_size
        labeled = noise(size), tf.zeros([size], tf.int64)
        batch = dict(zip(BATCH_NAMES, (batch, *labeled), strict=True))
    return lambda: next(iter(run(batch).values())).numpy()
