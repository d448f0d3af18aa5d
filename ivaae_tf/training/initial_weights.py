"""Starts a new run with the weights of another run."""

from pathlib import Path

import keras

from ivaae_tf.models import checkpoints
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory


def start_from(model: InterventionAutoencoder, init_from: str) -> str:
    """Copies the weights of another model to a new model, but not its optimizers and its step.

    E and G must have the same shapes. D's weights are copied if it classifies the same rungs, and
    the likelihood's if they have the same shapes; otherwise they stay new, as for another method.

    Args:
        model: The new model.
        init_from: A checkpoint, or a folder of a run, whose best checkpoint is then used with its
            averaged weights.

    Returns:
        A line of text that lists the copied parts.

    Raises:
        UserError: If there is no model, or its shapes differ.
    """
    path = Path(init_from)
    if path.is_dir():
        source = RunDirectory(path).load_best()
    elif path.is_file():
        source = checkpoints.load_model(path)
        source.weight_average.assign_to_weights()
    else:
        raise UserError(f"--init_from={init_from}: there is neither a run nor a checkpoint")
    if not isinstance(source, InterventionAutoencoder):
        raise UserError(
            f"--init_from={init_from}: it is a {type(source).__name__}; expected an auto-encoder"
        )
    for name in ("encoder", "decoder"):
        theirs, ours = getattr(source, name), getattr(model, name)
        if _shapes(theirs) != _shapes(ours):
            raise UserError(
                f"--init_from={init_from}: its {name} maps {_input(theirs)} to "
                f"{_output(theirs)} with {theirs.count_params():,} parameters, but this run's maps "
                f"{_input(ours)} to {_output(ours)} with {ours.count_params():,}; use the same "
                "--network, --width, --image_size, --latent_dim and channels"
            )
    parts = ["encoder", "decoder", "likelihood"]
    if _game(source) == _game(model):
        parts.append("divergence")
    copied = [name for name in parts if _copy(getattr(source, name), getattr(model, name))]
    model.weight_average.restart()
    step, names = source.steps_trained, ", ".join(copied)
    return f"starts with the weights of {init_from}, step {step:,}: {names}"


def _game(model: InterventionAutoencoder) -> tuple:
    """Returns what the weights of D depend on: rungs, prior, and whether D adds log p(z)."""
    return (
        type(model.intervention),
        model.intervention.num_bridges,
        type(model.prior),
        type(model.divergence),
        getattr(model.divergence, "add_log_prior", None),
    )


def _copy(source: keras.layers.Layer, target: keras.layers.Layer) -> bool:
    """Copies the weights if there are any, all of the same shapes; returns whether it did."""
    if not target.weights or _shapes(source) != _shapes(target):
        return False
    target.set_weights(source.get_weights())
    return True


def _shapes(layer: keras.layers.Layer) -> list[tuple]:
    return [tuple(weight.shape) for weight in layer.weights]


def _input(network: keras.Model) -> str:
    return "×".join(map(str, network.input_shape[1:]))


def _output(network: keras.Model) -> str:
    return "×".join(map(str, network.output_shape[1:]))
