"""The settings that make a model, and those that `build_model` refuses because they do not."""

import dataclasses

import pytest

from ivaae_tf.methods import METHODS
from ivaae_tf.models import build
from ivaae_tf.models.build import SYSTEMS, build_model
from ivaae_tf.models.networks.own import networks_of
from ivaae_tf.settings import Settings

SHAPE = (16, 16, 1)
REFUSED = {
    "dataset": "nonsense",
    "batch_size": 7,
    "image_size": 512,
    "learning_rate_encoder": 0.123,
    "horizontal_flip": True,
    "mixed_precision": True,
    "no_such_setting": 1,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_setting_without_a_use_is_refused(name):
    with pytest.raises(ValueError, match=rf"^{name} is not a setting of a model; .* of met"):
        build_model("aae", image_shape=SHAPE, width=0.02, **{name: REFUSED[name]})


def test_the_other_settings_are_those_that_a_model_is_made_of():
    """Records which settings the makers of all systems read."""
    read = {"method", "seed", "network", "prior_by_label"}  # by `make_model`

    class Recorded(Settings):
        def __getattribute__(self, name):
            if name in names:
                read.add(name)
            return super().__getattribute__(name)

    names = {field.name for field in dataclasses.fields(Settings)}
    with_categories = Settings(method="aae", width=0.02, num_categories=2)
    for settings in (*(Settings(method=each, width=0.02) for each in METHODS), with_categories):
        maker = SYSTEMS[METHODS[settings.method].system]
        maker(Recorded(**vars(settings)), SHAPE, networks_of())
    assert read == names - set(build._NOT_OF_A_MODEL)
