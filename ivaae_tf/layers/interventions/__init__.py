"""Interventions T_0 … T_t on the codes: T_0 is the identity, T_t yields the prior."""

from ivaae_tf.layers.interventions.base import Intervention
from ivaae_tf.layers.interventions.blockwise import BlockwiseIntervention
from ivaae_tf.layers.interventions.radial import RadialIntervention
from ivaae_tf.layers.interventions.svgd import SVGDIntervention

INTERVENTIONS = {
    "blockwise": BlockwiseIntervention,
    "radial": RadialIntervention,
    "svgd": SVGDIntervention,
}

__all__ = [
    "INTERVENTIONS",
    "BlockwiseIntervention",
    "Intervention",
    "RadialIntervention",
    "SVGDIntervention",
]
