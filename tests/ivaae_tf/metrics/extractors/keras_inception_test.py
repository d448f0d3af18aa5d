"""Keras's network runs on any byte images, tested with random weights."""

import keras
import numpy as np
import pytest

from ivaae_tf.metrics.extractors.keras_inception import KerasInception
from ivaae_tf.program.errors import UserError


@pytest.fixture(scope="module")
def extractor():
    keras.utils.set_random_seed(0)
    return KerasInception(weights=None)


def test_gives_2048_features_and_is_never_fid(extractor):
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 24, 1)).astype(np.uint8)
    features = extractor(images)
    assert features.shape == (3, extractor.num_features) == (3, 2048)
    assert features.dtype == np.float32
    assert np.ptp(features, axis=0).max() > 0
    assert not extractor.comparable_with_published_fid
    np.testing.assert_allclose(extractor(images.repeat(3, axis=3)), features, rtol=1e-5)


def test_weights_that_cannot_be_had_are_one_line():
    with pytest.raises(UserError) as caught:
        KerasInception(weights="/nowhere/weights.h5")
    message = str(caught.value)
    assert "/nowhere/weights.h5" in message
    assert "use the extractor classifier" in message
    assert "\n" not in message
