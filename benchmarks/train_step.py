"""Times the training step against the same step in PyTorch, and for growing sizes.

    python -m benchmarks.train_step

First, it checks that both programs compute the same losses and updated weights from the same
weights, images and noise. Then blocks of steps of all programs alternate.
"""

import numpy as np
from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from benchmarks.machine import has_bfloat16
from benchmarks.step_settings import StepSettings
from benchmarks.stepper import Stepper, alternate

_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of each program.", lower_bound=1)
_OUT = program.define_out_flag()
_GROWTH = flags.DEFINE_bool("growth", True, "Also time other t, batch sizes, dimensions, methods.")

_STEPS_IN_A_BLOCK = {"mnist": 10, "convolutional": 1}
_BRIDGES = [{"num_bridges": t} for t in (1, 2, 4, 8, 16)]
_METHODS = (
    "ivaae_blockwise",
    "ivaae_svgd",
    "aae",
    "wae_gan",
    "wae_mmd",
    "vae",
    "infovae",
    "two_stage_vae",
    "rae_l2",
    "rae_gp",
    "rae_sn",
)
# A step of the convolutional networks takes a second, so only the chain's length is varied there.
_GROWTHS = {
    "mnist": {
        "t": _BRIDGES,
        "batch": [{"batch_size": m} for m in (16, 64, 256)],
        "d": [{"latent_dim": d} for d in (8, 64, 256)],
        "method": [{"method": name} for name in _METHODS],
    },
    "convolutional": {"t": _BRIDGES},
}


def main():
    figures = Figures("train_step")
    for name in ("mnist", "convolutional"):
        print(f"{name}: {check(name)}")
        against_pytorch(figures, name)
        if _GROWTH.value:
            growth(figures, name)
    figures.write(_OUT.value)


def check(name: str) -> str:
    """Compares one step of both programs.

    Returns:
        The largest differences, in words.

    Raises:
        AssertionError: If they are larger than float32 rounding explains.
    """
    import torch

    from benchmarks import pytorch_step
    from benchmarks.steps import build, images

    # Two programs with the same weights, images and noise.
    settings = StepSettings(name)
    model = build(settings)
    parts = (model.encoder, model.decoder, model.divergence.discriminator)
    step = pytorch_step.Step(
        *pytorch_step.NETWORKS[settings.network](
            settings.image_shape, settings.latent_dim, 5, settings.width
        ),
        4,
        pytorch_step.FORMS["eager"],
    )
    for network, part in zip(step.networks, parts, strict=True):
        pytorch_step.load(network, [weight.numpy() for weight in part.trainable_variables])
    batch = images(settings)
    state = model.intervention.seed_generator.state
    before = state.numpy()
    codes = np.zeros((settings.batch_size, settings.latent_dim), np.float32)
    noise = model.intervention.prior_samples(codes, 4).numpy()
    state.assign(before)

    # Differences of the losses and of the updated weights.
    ours = {name: float(value) for name, value in model.train_step(batch).items()}
    theirs = step(torch.from_numpy(batch).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(noise))
    losses = max(abs(theirs[name] / ours[name] - 1) for name in theirs)
    assert losses < 1e-4, (ours, theirs)
    weights = [
        pytorch_step.difference(network, [weight.numpy() for weight in part.trainable_variables])
        for network, part in zip(step.networks, parts, strict=True)
    ]
    # A weight moves by up to the learning rate of 1e-4, in either direction if its gradient is
    # rounding error.
    assert max(weights) < 2.1e-4, weights
    return f"losses agree to {losses:.1g}, updated weights to {max(weights):.1g}"


def against_pytorch(figures: Figures, name: str) -> None:
    """Times PyTorch's forms of the step and ours; the reference is PyTorch's fastest form."""
    forms = ["eager", "compile"]
    if name == "convolutional":
        forms += ["channels_last", "compile_channels_last"]
    steppers = _working({f"PyTorch {form}": _pytorch(form, name) for form in forms})
    steppers["ours"] = _ours(name=name)
    _measure(figures, name, steppers, against="PyTorch")
    if has_bfloat16():
        forms = ["bfloat16", "bfloat16_compile"]
        steppers = _working({f"PyTorch {form}": _pytorch(form, name) for form in forms})
        steppers["ours"] = _ours(name=name, mixed_precision=True)
        _measure(figures, f"{name}, bfloat16", steppers, against="PyTorch")


def growth(figures: Figures, name: str) -> None:
    """Times other sizes and methods; the reference is t = 4 of radial IVAAE."""
    for title, variants in _GROWTHS[name].items():
        steppers = {"t=4": _ours(name=name)}
        for variant in variants:
            ((field, value),) = variant.items()
            label = value if field == "method" else f"{title}={value}"
            steppers.setdefault(label, _ours(name=name, **variant))
        _measure(figures, f"{name}, {title}", steppers, against="t=4")


def _ours(**settings) -> Stepper:
    return Stepper("benchmarks.stepper", [f"{name}={value}" for name, value in settings.items()])


def _pytorch(form: str, name: str) -> Stepper:
    return Stepper("benchmarks.pytorch_step", [form, f"name={name}"])


def _working(steppers: dict[str, Stepper]) -> dict[str, Stepper]:
    """Returns the programs without those that fail: compiled code crashes on some processors."""
    found = {}
    for name, stepper in steppers.items():
        try:
            stepper.seconds_of_a_step()
            found[name] = stepper
        except (RuntimeError, BrokenPipeError) as error:
            print(f"left out: {name} ({error})")
    return found


def _measure(figures: Figures, title: str, steppers: dict[str, Stepper], against: str) -> None:
    """Adds the figures of all programs; the reference is the fastest with `against` in its name."""
    block = _STEPS_IN_A_BLOCK[title.partition(",")[0]]
    times = alternate(steppers, _ROUNDS.value, block)
    for stepper in steppers.values():
        stepper.close()
    fastest = min(
        (name for name in times if against in name), key=lambda name: np.median(times[name])
    )
    milliseconds = {name: 1000 * values for name, values in times.items()}
    figures.add(title, "ms", milliseconds, reference=fastest)


if __name__ == "__main__":
    program.run(main)
