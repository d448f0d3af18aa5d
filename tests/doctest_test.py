"""Each public class and function of the models has an example that runs, and its paper."""

import doctest
import sys

import pytest

import ivaae_tf
from ivaae_tf import layers
from ivaae_tf.layers import ivgan
from ivaae_tf.models import samplers, second_stage
from ivaae_tf.models.gan import GenerativeAdversarialNetwork
from ivaae_tf.models.ivgan import InterventionGAN
from ivaae_tf.models.networks import NETWORKS, normalized

PARTS = [
    *(getattr(layers, name) for name in layers.__all__),
    *(ivgan.SingleBlockIntervention, ivgan.InterventionClassifier),
    *(ivaae_tf.InterventionAutoencoder, GenerativeAdversarialNetwork, InterventionGAN),
    *(samplers.Prior, samplers.GaussianMixture, second_stage.SecondStage),
    *(samplers.ClassMixture, samplers.LabeledSampler),
    *(
        getattr(network, name)
        for network in NETWORKS.values()
        for name in ("encoder", "decoder", "discriminator", "image_discriminator")
    ),
    *(normalized, ivaae_tf.FusedAdam),
]


def _name(part):
    return f"{part.__module__}.{part.__qualname__}"


@pytest.mark.parametrize("part", [*PARTS, samplers.Sampler, ivaae_tf.build_model], ids=_name)
def test_the_example_gives_what_it_shows(part, capsys):
    names = vars(sys.modules[part.__module__]).copy()
    test = doctest.DocTestParser().get_doctest(part.__doc__, names, _name(part), None, None)
    assert test.examples
    failed, _ = doctest.DocTestRunner().run(test)
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize("part", PARTS, ids=_name)
def test_the_paper_is_named(part):
    """The networks of a module have their paper in its docstring."""
    text = f"{part.__doc__}{sys.modules[part.__module__].__doc__}"
    references = text.partition("References:")[2]
    assert "https://" in references or "Intervention Adversarial Auto-encoder" in references
