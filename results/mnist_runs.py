"""Small runs on MNIST that several studies have in common."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from results.run import Command, Facts, IvaaeRun

EPOCHS = 20


class LearningRates(NamedTuple):
    """Learning rates of E, G and D."""

    encoder: str
    decoder: str
    discriminator: str

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that set them."""
        return tuple(f"--learning_rate_{name}={rate}" for name, rate in self._asdict().items())

    @property
    def values(self) -> str:
        """All three as text."""
        return ", ".join(self)


# The paper's are 5e-5, 1e-4 and 1e-4.
RATES = {
    "d_ten_times": LearningRates("5e-4", "1e-3", "1e-3"),
    "d_twice": LearningRates("5e-4", "1e-3", "2e-4"),
}

_TRAIN = (
    "--image_size=32",
    "--width=0.125",
    f"--epochs={EPOCHS}",
    "--lr_decay_epochs=7,13",
    "--lr_decay_factors=0.5,0.5",
    "--cache=memory",
    "--evaluate_every=0",
    "--pictures_every=1000",
)
_NAMING = ("method", "variant")  # facts that begin the name of a run


def small_run(
    method: str,
    seed: int,
    flags: Sequence[str] = (),
    facts: Facts = MappingProxyType({}),
    then: Sequence[Command] = (),
    evaluate: Sequence[str] | None = ("--num_samples=10000",),
) -> IvaaeRun:
    """Returns a run that trains and scores a small model.

    Args:
        method: Name of a method.
        seed: Seed of weights, order of images and noise.
        flags: Further flags of its training.
        facts: What differs between the runs of the study, beside method and seed.
        then: Further commands for the trained model.
        evaluate: Flags of its evaluation; None if the training evaluates it.
    """
    # The likelihood of this method has no free scale.
    scale = () if method == "two_stage_vae" else ("--reconstruction_weight=4",)
    seeded = (*_TRAIN, *scale, f"--seed={seed}", *flags)
    second_stage = ("--epochs=20", "--width=0.125", f"--seed={seed}")
    return mnist_run(method, {**facts, "seed": seed}, seeded, second_stage, evaluate, then)


def mnist_run(
    method: str,
    facts: Facts,
    train: Sequence[str],
    second_stage: Sequence[str],
    evaluate: Sequence[str] | None,
    then: Sequence[Command] = (),
    keeps_pictures: bool = False,
) -> IvaaeRun:
    """Returns a run that trains and scores a model of a method on MNIST.

    Args:
        method: Name of a method.
        facts: What differs between the runs of the study, beside the method.
        train: Flags of its training after the flagfile.
        second_stage: Flags of the second stage, for the method that has one.
        evaluate: Flags of its evaluation; None if the training evaluates it.
        then: Further commands for the trained model.
        keeps_pictures: Whether its last pictures, and the covariance of its codes, are kept.
    """
    commands = [("train", f"--flagfile=mnist_{method}", *train)]
    if method == "two_stage_vae":
        commands.append(("second_stage", *second_stage))
    if evaluate is not None:
        commands.append(("evaluate", *evaluate))
    all_facts = {"method": method, **facts}
    parts = [f"{name}{value}" for name, value in all_facts.items() if name not in _NAMING]
    name = "_".join([str(facts.get("variant", method)), *parts])
    return IvaaeRun(name, all_facts, (*commands, *then), keeps_pictures, keeps_pictures)
