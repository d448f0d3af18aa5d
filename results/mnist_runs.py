"""Small runs on MNIST that several studies have in common."""

from results.run import Run

EPOCHS = 20

PROTOCOL = (
    "MNIST, 60,000 digits at 32×32 pixels (the paper: 64×64), the networks of Table 3 at an eighth "
    "of their width (128 units in place of 1,024), 20 epochs (the paper: 300). The rates are halved "
    "after 7 and 13 epochs, in proportion to the paper's 100 and 200. λ = 4, because an image has a "
    "quarter of the pixels; so a weight means what it means at 64×64. All else is as in "
    "`flags/mnist_*.flags`. Such small networks reconstruct worse and train the discriminator "
    "less than the paper's."
)

SCORES = (
    "SSE is the sum of squared errors of an image of the test split, in [−1, 1]. FLD is that of the "
    "codes of all 60,000 training images. The Fréchet distance, precision and recall are of "
    "10,000 samples, in the features of a classifier of these digits: they are not FID."
)


def small_run(
    method: str, seed: int, facts: dict | None = None, *flags: str, studies: tuple = ()
) -> Run:
    """Returns a run of a method with its scores.

    Args:
        method: Name of a method.
        seed: Seed of weights, order of images and noise.
        facts: What differs else between the runs of the study.
        *flags: Flags for it.
        studies: Further commands for the trained model, with their flags.
    """
    scaling = () if method == "two_stage_vae" else ("--reconstruction_weight=4",)
    train = (
        "train",
        f"--flagfile=mnist_{method}",
        "--image_size=32",
        "--width=0.125",
        f"--epochs={EPOCHS}",
        "--lr_decay_epochs=7,13",
        "--lr_decay_factors=0.5,0.5",
        *scaling,
        f"--seed={seed}",
        "--cache=memory",
        "--evaluate_every=0",
        "--pictures_every=1000",
        *flags,
    )
    second_stage = ()
    if method == "two_stage_vae":
        second_stage = (("second_stage", "--epochs=20", "--width=0.125", f"--seed={seed}"),)
    evaluate = ("evaluate", "--num_samples=10000")
    facts = {"method": method, **(facts or {}), "seed": seed}
    name = "_".join([method, *(f"{key}{value}" for key, value in facts.items() if key != "method")])
    return Run(name, facts, (train, *second_stage, evaluate, *studies))
