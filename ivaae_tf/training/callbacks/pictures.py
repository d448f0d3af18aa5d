"""Pictures of samples, reconstructions and the distribution of codes."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.models import samplers
from ivaae_tf.plots import codes as code_pictures
from ivaae_tf.plots import heat_maps
from ivaae_tf.plots.images import read_png
from ivaae_tf.plots.signals import GRIDS
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training.callbacks.non_finite import check_codes
from pipelines.records.kinds import IMAGES, Kind


class TensorBoardImages(keras.callbacks.Callback):
    """Writes samples and, with an encoder, reconstructions, histogram and covariance of codes.

    Codes of two dimensions with a component of the prior for each class have a picture, too. They
    are written to TensorBoard. Noise and images are the same every time, so pictures can be
    compared. The run folder has the newest samples and reconstructions as PNG and the covariance
    as CSV. A single code has no covariance.

    Args:
        run: The run folder.
        batches: Batches of scaled validation images, or of pairs of images and labels. All are
            encoded, 32 are reconstructed.
        every: Epochs between two sets of pictures, at least 1.
        seed: Seed of the fixed noise.
        sampler: Name of the sampler of new images.
        kind: The kind of the data; None without pictures of examples, only of their codes.
    """

    NUM_COLUMNS = 8
    NUM_SAMPLES = 64
    NUM_RECONSTRUCTIONS = 32

    def __init__(
        self,
        run: RunDirectory,
        batches: tf.data.Dataset,
        every: int,
        seed: int,
        sampler: str = "prior",
        kind: Kind | None = IMAGES,
    ):
        super().__init__()
        self.run = run
        self.batches = batches
        self.every = every
        self.seed = seed
        self.sampler = sampler
        self.kind = kind

    def on_train_begin(self, logs=None):
        """Reads the images."""
        batches = self.batches.as_numpy_iterator()
        self._inputs = tf.nest.map_structure(lambda *parts: np.concatenate(parts), *batches)

    def on_epoch_end(self, epoch, logs=None):
        """Writes the pictures after every `every` epochs and after the last."""
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        with self.model.weight_average.in_use():
            codes = []
            if self.model.has_encoder:
                codes.append(self._codes())
                check_codes(codes[0], epoch + 1)
                if self.kind:
                    self._write("reconstructions", self._reconstructions(self.kind), epoch + 1)
                self._write_codes(codes[0], epoch + 1)
            if self.kind:
                self._write("samples", self._samples(self.kind, codes, epoch + 1), epoch + 1)
        self.run.writer.flush()

    def _write(self, name: str, picture: np.ndarray, epoch: int) -> None:
        self.run.write_picture(name, picture)
        self.run.writer.image(name, picture, epoch)

    def _write_codes(self, codes: np.ndarray, epoch: int) -> None:
        if len(codes) > 1:
            self._write_covariance(codes, epoch)
        self.run.writer.histogram("codes/values", codes, epoch)
        names, prior = self.model.labels.component_names, self.model.prior
        if names and prior.latent_dim == 2:
            labels = self._inputs[1]
            drawn = code_pictures.draw(codes, labels, names, prior.means, prior.covariances)
            self._write("codes", read_png(drawn), epoch)

    def _write_covariance(self, codes: np.ndarray, epoch: int) -> None:
        covariance = np.cov(codes, rowvar=False).reshape(2 * codes.shape[-1:])
        self.run.write_code_covariance(covariance, len(codes), epoch)
        title = f"|covariance| of {len(codes):,} codes"
        heat_map = read_png(heat_maps.draw([np.abs(covariance)], [title]))
        self.run.writer.image("codes/absolute_covariance", heat_map, epoch)

    def _samples(self, kind: Kind, codes: list[np.ndarray], epoch: int) -> np.ndarray:
        sampler = samplers.in_training(self.sampler, self.model, codes, epoch)
        images = sampler.decode(self.model, sampler(self.NUM_SAMPLES, self.seed), self.seed)
        return _grid(kind, images, self.NUM_COLUMNS)

    def _reconstructions(self, kind: Kind) -> np.ndarray:
        """Returns a grid with each row of images above its reconstructions."""
        num_images = len(_images_of(self._inputs))
        num_columns = min(self.NUM_COLUMNS, num_images)
        num_rows = min(self.NUM_RECONSTRUCTIONS, num_images) // num_columns
        pairs = []
        for row in range(num_rows):
            shown = slice(row * num_columns, (row + 1) * num_columns)
            inputs = tf.nest.map_structure(lambda values, shown=shown: values[shown], self._inputs)
            pairs += [_images_of(inputs), self.model(inputs, training=False)]
        return _grid(kind, tf.concat(pairs, axis=0), num_columns)

    def _codes(self) -> np.ndarray:
        codes = (
            self.model.draw_codes(_images_of(batch), [self.seed, number])
            for number, batch in enumerate(self.batches)
        )
        return np.concatenate([each.numpy() for each in codes])


def _images_of(batch: Any) -> Any:
    """Returns the images of a batch, which may have labels, too."""
    return keras.utils.unpack_x_y_sample_weight(batch)[0]


def _grid(kind: Kind, scaled: tf.Tensor, num_columns: int) -> np.ndarray:
    return GRIDS[kind.plural](kind.unscale(scaled).numpy(), num_columns)
