"""Interventions T_0 … T_t on the codes: T_0 is the identity, T_t yields the prior."""

from ivaae_tf.interventions.base import Intervention
from ivaae_tf.interventions.blockwise import BlockwiseIntervention
from ivaae_tf.interventions.radial import RadialIntervention
from ivaae_tf.interventions.svgd import SVGDIntervention

__all__ = ["BlockwiseIntervention", "Intervention", "RadialIntervention", "SVGDIntervention"]
