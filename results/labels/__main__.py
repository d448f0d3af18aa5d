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
    """A task: its flags, its score, and the published error in percent."""

    flags: tuple[str, ...]
    score: str
    conditions: dict[str, str]
    published: str


_CLASSES = ("--num_categories=10", "--latent_dim=10")
_NOISE = ("--input_noise=0.6", "--latent_weight=2")
TASKS = {
    "100 labels": Task((*_CLASSES, "--num_labels=100"), "classification_error", {}, "1.90 ± 0.10"),
    "1,000 labels": Task(
        (*_CLASSES, "--num_labels=1000"), "classification_error", {}, "1.60 ± 0.08"
    ),
    "100 labels, with noise": Task(
        (*_CLASSES, "--num_labels=100", *_NOISE), "classification_error", {}, "1.90 ± 0.10"
    ),
    "1,000 labels, with noise": Task(
        (*_CLASSES, "--num_labels=1000", *_NOISE), "classification_error", {}, "1.60 ± 0.08"
    ),
    "30 clusters": Task(
        ("--num_categories=30", "--latent_dim=5", "--num_labels=0"),
        "cluster_error",
        {"labeled_by": "head"},
        "4.10 ± 1.13",
    ),
}
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
        return [_run(task, t, seed) for seed in SEEDS for task in TASKS for t in (2, 1)]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "task", "t")
        errors = {(task, t): _errors(groups[task, t], task) for task in TASKS for t in (1, 2)}

        def minus(first: tuple[str, int], second: tuple[str, int]) -> str:
            return difference(Interval.between(errors[first], errors[second]))

        of_bridges = [f"{minus((task, 2), (task, 1))} for {task}" for task in TASKS]
        of_noise = [
            f"{minus((f'{task}, with noise', 2), (task, 2))} for {task}"
            for task in ("100 labels", "1,000 labels")
        ]
        return (
            "the error with a bridge minus the error without one, in percentage points, is "
            f"{'; '.join(of_bridges)}. The error with noise on the encoder's images minus the "
            f"error without it, at t = 2, is {'; '.join(of_noise)}. Published errors are of "
            "networks and trainings of full size."
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
            "instead of 6.",
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
    _, score, conditions, _ = TASKS[task]
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
