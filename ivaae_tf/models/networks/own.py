"""Networks of the user: by name, as an object with functions, or as Keras models in memory."""

import hashlib
import importlib
import inspect
import json
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from ivaae_tf.models.networks import NETWORKS, fully_connected
from ivaae_tf.program.errors import summarize_error
from ivaae_tf.setting_fields import CUSTOM, NetworkNames, SettingsError, check_allowed

_LIBRARIES = ("keras.", "ivaae_tf.", "tensorflow.", "numpy.")


class Networks:
    """Makes E, G and D with functions, and checks their shapes.

    Args:
        name: The value of the setting `network`.
        functions: An object with the functions `encoder(image_shape, num_outputs, width)`,
            `decoder(image_shape, latent_dim, width, wrap)`, `discriminator(latent_dim, num_outputs,
            width)` and `image_discriminator(image_shape, num_outputs, width)`, each of which
            returns a Keras model. `width` and `wrap` are given only to functions that accept them.
            `fully_connected` has the missing functions.
        source: The text of the functions' module, if it is the user's and can be imported.
    """

    def __init__(self, name: str, functions: Any, source: str | None = None):
        self.name = name
        self._functions = functions
        self._source = source

    def encoder(self, image_shape, num_outputs: int, width: float = 1.0) -> keras.Model:
        """Returns E, images (m, *image_shape) to (m, num_outputs)."""
        return self._make("encoder", image_shape, (num_outputs,), image_shape, num_outputs, width)

    def decoder(
        self, image_shape, latent_dim: int, width: float = 1.0, wrap: Callable | None = None
    ) -> keras.Model:
        """Returns G, codes (m, latent_dim) to images (m, *image_shape).

        Raises:
            SettingsError: As for all networks; or if `wrap` has an effect and is not accepted.
        """
        options = {} if wrap is None else {"wrap": wrap}
        if wrap and not _accepts(self._function("decoder"), "wrap"):
            layer = keras.layers.Dense(1)
            if wrap(layer) is not layer:
                raise SettingsError(
                    f"network {self.name}: its decoder does not accept `wrap`, a function of each "
                    "layer, which decoder_regularizer=spectral_normalization needs"
                )
        return self._make(
            "decoder", (latent_dim,), image_shape, image_shape, latent_dim, width, **options
        )

    def discriminator(self, latent_dim: int, num_outputs: int, width: float = 1.0) -> keras.Model:
        """Returns D, codes (n, latent_dim) to logits (n, num_outputs)."""
        return self._make(
            "discriminator", (latent_dim,), (num_outputs,), latent_dim, num_outputs, width
        )

    def image_discriminator(self, image_shape, num_outputs: int, width: float = 1.0):
        """Returns D of images (n, *image_shape), to logits (n, num_outputs)."""
        return self._make(
            "image_discriminator", image_shape, (num_outputs,), image_shape, num_outputs, width
        )

    def sha256(self, model: Any) -> str | None:
        """Returns the SHA-256 of the user's networks, for the record of a run.

        It is of the text of their module, or of the Keras configuration of the model's networks if
        they are in memory. Networks of this program have none.
        """
        if self.name in NETWORKS:
            return None
        text = self._source if self._source is not None else _configuration(model)
        return hashlib.sha256(text.encode()).hexdigest()

    def _function(self, part: str) -> Callable[..., keras.Model]:
        return getattr(self._functions, part, None) or getattr(fully_connected, part)

    def _make(
        self,
        part: str,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        shape: Any,
        size: int,
        width: float,
        **options: Any,
    ) -> keras.Model:
        function = self._function(part)
        options = {
            name: value
            for name, value in {"width": width, **options}.items()
            if _accepts(function, name)
        }
        try:
            inspect.signature(function).bind(shape, size, **options)
        except TypeError as error:
            raise SettingsError(
                f"network {self.name}: {part}{inspect.signature(function)} must accept two sizes, "
                f"and perhaps width: {error}"
            ) from error
        network = function(shape, size, **options)
        return _with_shapes(network, f"network {self.name}: {part}", input_shape, output_shape)


def networks_of(
    network: Any = None,
    *,
    encoder: keras.Model | None = None,
    decoder: keras.Model | None = None,
    discriminator: keras.Model | None = None,
) -> Networks:
    """Returns the networks that the arguments of a Python function define.

    Args:
        network: A name of `NETWORKS`; "module:Name" of an object or class, which is imported; or
            the object or class itself. None for `fully_connected`.
        encoder: E in memory, instead of `network`.
        decoder: G in memory.
        discriminator: D in memory, of codes, or of images for `gan` and `ivgan`.

    Raises:
        SettingsError: If there are both, or the module cannot be imported or has no such name.
    """
    parts = {"encoder": encoder, "decoder": decoder, "discriminator": discriminator}
    parts["image_discriminator"] = discriminator
    models = {name: model for name, model in parts.items() if model is not None}
    if models and network is not None:
        raise SettingsError("network must be None if encoder, decoder or discriminator is given")
    if models:
        for model in models.values():
            if isinstance(model, keras.Model):  # Others are refused when the shapes are checked.
                _register(map(type, model._flatten_layers()))
        functions = {name: _returning(model) for name, model in models.items()}
        return Networks(CUSTOM, types.SimpleNamespace(**functions))
    if network is None or isinstance(network, str):
        return networks_named(network or "fully_connected")
    module = sys.modules.get(getattr(network, "__module__", None) or "")
    names = [name for name, each in vars(module).items() if each is network] if module else []
    if module is None or module.__name__ == "__main__" or not names:
        # Another process could not import it.
        return Networks(CUSTOM, network() if inspect.isclass(network) else network)
    return networks_named(f"{module.__name__}:{names[0]}")


def networks_named(name: str) -> Networks:
    """Returns networks by the setting `network`: of this program, or of a module of the user.

    The module is imported, also from the current folder. This runs its code, so a name in a file
    must not be given without the user's consent. Its classes are registered with Keras.

    Raises:
        SettingsError: If it cannot be imported, or has no such name.
    """
    check_allowed("network", name, NetworkNames(NETWORKS))
    if name in NETWORKS:
        return Networks(name, NETWORKS[name])
    if name == CUSTOM:
        raise SettingsError(
            "network: the networks were in memory when the run began; give them again, in Python"
        )
    module_name, _, attribute = name.partition(":")
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.append(folder)
    try:
        module = importlib.import_module(module_name)
        source = inspect.getsource(module)
    except Exception as error:  # of any type, as it is the user's code
        raise SettingsError(
            f"--network={name}: {module_name} cannot be imported ({summarize_error(error)})"
        ) from error
    if not hasattr(module, attribute):
        raise SettingsError(
            f"--network={name}: {module.__file__} has no {attribute}; expected an object or class "
            "with the functions encoder and decoder"
        )
    _register(each for each in vars(module).values() if inspect.isclass(each))
    _register(each for each in vars(module).values() if inspect.isfunction(each))
    functions = getattr(module, attribute)
    return Networks(name, functions() if inspect.isclass(functions) else functions, source)


def _register(objects: Iterable[Any]) -> None:
    """Lets Keras find the user's classes and functions by their names in files."""
    for each in objects:
        if not f"{each.__module__}.".startswith(_LIBRARIES):
            keras.saving.get_custom_objects()[each.__name__] = each


def _returning(model: keras.Model) -> Callable[..., keras.Model]:
    return lambda shape, size: model


def _accepts(function: Callable, name: str) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(each.name == name or each.kind is each.VAR_KEYWORD for each in parameters)


def _with_shapes(
    network: Any, place: str, input_shape: Sequence[int], output_shape: Sequence[int]
) -> keras.Model:
    """Returns a network with these shapes, each without the batch, or a model that contains it.

    A subclass of `keras.Model` has no shapes; the model that contains it has.

    Raises:
        SettingsError: If it is not a Keras model, has other shapes, or cannot be saved.
    """
    if not isinstance(network, keras.Model):
        raise SettingsError(f"{place} must return a keras.Model. Received: {network!r}")
    try:
        keras.saving.serialize_keras_object(network)
    except NotImplementedError as error:
        problem = summarize_error(error).partition(" Please")[0]
        raise SettingsError(f"{place} cannot be saved: {problem}") from error
    expected = (None, *input_shape), (None, *output_shape)
    shapes = getattr(network, "input_shape", None), getattr(network, "output_shape", None)
    if shapes == expected:
        return network
    inputs = keras.Input(input_shape)
    try:
        outputs = network(inputs)
    except Exception as error:  # of any type, as it is the user's code
        raise SettingsError(
            f"{place} does not accept inputs of shape {expected[0]}: {summarize_error(error)}"
        ) from error
    if getattr(outputs, "shape", None) != expected[1]:
        found = keras.tree.map_structure(lambda each: each.shape, outputs)
        raise SettingsError(
            f"{place} must map shape {expected[0]} to one tensor of shape {expected[1]}. Received: "
            f"{found}"
        )
    return keras.Model(inputs, outputs, name=place.rpartition(" ")[2])


def _configuration(model: Any) -> str:
    """Returns the Keras configuration of the networks, with numbers for the names of layers.

    Keras numbers the layers of a process, so the same network has other names the next time.
    """
    parts = ("encoder", "decoder", "divergence", "classifier")
    networks = [getattr(model, part) for part in parts if hasattr(model, part)]
    numbers: dict[str, str] = {}
    for network in networks:
        for layer in network._flatten_layers():
            numbers.setdefault(layer.name, f"layer {len(numbers)}")
    return json.dumps(
        _renamed([keras.saving.serialize_keras_object(each) for each in networks], numbers),
        sort_keys=True,
    )


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
