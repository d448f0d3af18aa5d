"""Table of the claims: whose they are, and the study and quantity that test them."""

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ivaae_tf.reporting.paper import REPORTED
from results import quantities as of
from results.against_pythae.__main__ import OURS, SAME, AgainstPythae
from results.averages.__main__ import Averages
from results.bandwidth.__main__ import Bandwidth
from results.block_order.__main__ import FIXED, RADIAL, RANDOM, BlockOrder
from results.bridges.__main__ import Bridges
from results.cifar10_controls.__main__ import BEST, BEST_FRESH, EQUAL_PULLS, Cifar10Controls
from results.collapse.__main__ import Collapse, jumps
from results.faces.__main__ import Faces
from results.full_size.__main__ import FullSize
from results.latent_dim.__main__ import PREDICTED, LatentDim
from results.program import Study
from results.rates.__main__ import METHODS, Rates
from results.stability.__main__ import PAPERS, TWO_CLASSES, Stability
from results.trade_off.__main__ import TradeOff

Pair = tuple[str, str]  # a method and what it is compared with; "" if the values are comparisons


class Source(NamedTuple):
    """Whose a claim is, and in which direction: "lower" or "higher" with the first method."""

    text: str
    direction: str


class Claims(NamedTuple):
    """Claims about one quantity of one study, one for each pair.

    Attributes:
        question: The question of the page that they answer.
        quantity: Name of the quantity.
        study: The study that measures it.
        values: The quantity.
        pairs: What is compared.
        paper: Table or figure of the paper about the quantity; "" if there is none.
        direction: The claimed direction; a table claims the order of its numbers.
        is_ratio: Whether the values are logarithms, so that their difference is a ratio.
    """

    question: str
    quantity: str
    study: type[Study]
    values: of.Quantity
    pairs: Sequence[Pair]
    paper: str = ""
    direction: str = "lower"
    is_ratio: bool = True

    def source(self, method: str, reference: str) -> Source:
        """Returns whose claim it is about a pair."""
        if self.paper in _SHOWN:
            is_shown = (method, reference) in _SHOWN[self.paper]
            text = self.paper if is_shown else f"as {self.paper}, another method"
            return Source(text, self.direction)
        if self.paper in _TABLES:
            number, data_set = _TABLES[self.paper]
            cells = [REPORTED[data_set].get(each) for each in (method, reference)]
            first, second = (getattr(cell, number) if cell else None for cell in cells)
            if first is not None and second is not None and first != second:
                order = "lower" if first < second else "higher"
                return Source(f"{self.paper}: {first:g}, {second:g}", order)
        return Source("ours", self.direction)


_BRIDGED = ("ivaae_radial", "ivaae_blockwise", "ivaae_svgd")
_PAIRS = tuple(itertools.product(_BRIDGED, ("wae_gan", "wae_mmd", "aae")))
_SVGD = [pair for pair in _PAIRS if pair[0] == "ivaae_svgd"]
_GAMES = tuple(itertools.product(_BRIDGED[:2], ("aae", "wae_gan")))
_PHOTOS = (*_GAMES, ("aae", "wae_gan"))
_CONTROLLED = [
    *itertools.product(("ivaae_radial", "ivaae_radial_d4"), ("aae_d4", "wae_mmd")),
    *EQUAL_PULLS.items(),
    ("ivaae_radial_d10", "aae_d10"),
    BEST_FRESH,
    *(("ivaae_radial_d4", "ivaae_radial"), ("aae_d4", "aae"), ("aae_weight0.25_d4", "aae_d4")),
]
_ON_FACES = tuple(itertools.product(("ivaae_radial", RANDOM), ("wae_gan", "wae_mmd", "aae")))
_JUMPS = [pair for pair in _PHOTOS if pair[1] == "wae_gan"]
_VARIANTS = (
    ("ivaae_svgd_h1", "ivaae_svgd"),
    *((method, "aae") for method in _BRIDGED),
    ("ivaae_radial_confusion", "ivaae_radial"),
    ("ivaae_radial_minimax", "ivaae_radial"),
)
_ORDERS = [(RANDOM, other) for other in (FIXED, RADIAL, "aae")]
_ALONE = [(method, "") for method in METHODS]
_WITH_MMD = [(method, "wae_mmd") for method in METHODS if method != "wae_mmd"]

# Table -> attribute of `REPORTED`, and the data set.
_TABLES = {
    "Table 1, MNIST": ("fid", "mnist"),
    "Table 2, MNIST": ("fld", "mnist"),
    "Table 2, CIFAR-10": ("fld", "cifar10"),
    "Table 2, CelebA": ("fld", "celeb_a"),
}
# Figure or text -> the pairs that it is about.
_SHOWN = {
    "Figure 2": [("ivaae_blockwise", "aae")],
    "Figure 3": [("ivaae_blockwise", "aae")],
    "Figure 5": [("ivaae_radial", "wae_gan"), ("ivaae_svgd", "wae_gan")],
    "the paper's text": _JUMPS[:2],
}
_TABLE_1, _TABLE_2, _ON_PHOTOS, _FACES = _TABLES

_SCALE_1 = "SVGD with `--bandwidth_scale=1`"
_LOWEST, _FRECHET = "lowest FLD of five weights", "lowest Fréchet distance of five weights"
_RATES, _AVERAGES = "higher learning rates", "averaged weights"
_JUMP = "epochs in which the validation loss rises by more than 10 %, CIFAR-10"
_CONTROLS = "CIFAR-10, controls"
_MANY_DIMENSIONS = "more dimensions than the digits need"
_GOAL_SSE = "SSE, weight with the lowest FLD (WAE-MMD: lowest SSE with FLD ≤ 0.05)"
_LOWEST_OF_CONTROLS = "lowest FLD of the tried weights, CIFAR-10, D × 4"
_RUNGS = "cross-entropy of a new D of t+1 classes / log(t+1)"
_TWO = "cross-entropy of a new D of two classes / log 2"
ORDER = "random order of the blocks, μ₂ = 1.2 (AAE: 0.3)"
_GRADIENT, _PROBE = "norm of the encoder's gradient", "test error of a probe, in points"

_fld, _sse = of.log_score("fld"), of.log_score("reconstruction_sse")
_fld_of_controls, _sse_of_controls = map(of.beside_controls, ("fld", "reconstruction_sse"))
_fld_by_rates, _frechet_by_rates = of.by_rates("fld"), of.by_rates(of.FRECHET)
_by_method, _by_variant = (functools.partial(of.by_fact, each) for each in ("method", "variant"))
_by_d = functools.partial(_by_method, condition=of.dimension)
_cross_entropy, _cross_entropy_of_two = (
    _by_d(of.cross_entropy(each)) for each in (PAPERS, TWO_CLASSES)
)
_by_side = functools.partial(of.by_fact, "side", condition=of.model)

_ratio, _difference = Claims, functools.partial(Claims, is_ratio=False)
CLAIMS = (
    _ratio("codes", "FLD at equal SSE", TradeOff, of.fld_at_sse, _PAIRS, _TABLE_2),
    _difference("codes", "SSE at equal FLD", TradeOff, of.sse_at_fld, _PAIRS),
    _ratio("codes", _LOWEST, TradeOff, of.lowest_fld, _PAIRS, _TABLE_2),
    _ratio("codes", f"FLD at equal SSE, {_SCALE_1}", Bandwidth, of.fld_at_sse, _SVGD),
    _ratio("codes", f"{_LOWEST}, {_SCALE_1}", Bandwidth, of.lowest_fld, _SVGD),
    _ratio("codes", f"FLD, {_RATES}", Rates, _fld_by_rates, _PAIRS),
    _ratio("codes", f"FLD, {_AVERAGES}", Averages, _fld_by_rates, _PAIRS),
    _ratio("codes", f"FLD, {_MANY_DIMENSIONS}", LatentDim, of.in_many_dimensions, PREDICTED),
    _ratio("codes", "FLD, full size", FullSize, _by_method(_fld), _PAIRS, _TABLE_2),
    _ratio("samples", _FRECHET, TradeOff, of.lowest_frechet, _PAIRS, _TABLE_1),
    _ratio("samples", f"{_FRECHET}, {_SCALE_1}", Bandwidth, of.lowest_frechet, _SVGD),
    _ratio("samples", f"Fréchet distance, {_RATES}", Rates, _frechet_by_rates, _PAIRS),
    _ratio("samples", f"Fréchet distance, {_AVERAGES}", Averages, _frechet_by_rates, _PAIRS),
    _ratio("photos", "FLD, CIFAR-10", Collapse, of.on_photos(_fld), _PHOTOS, _ON_PHOTOS),
    _ratio("photos", "SSE, CIFAR-10", Collapse, of.on_photos(_sse), _PHOTOS),
    _ratio(
        "photos", f"FLD, {_CONTROLS}", Cifar10Controls, _fld_of_controls, _CONTROLLED, _ON_PHOTOS
    ),
    _ratio("photos", f"SSE, {_CONTROLS}", Cifar10Controls, _sse_of_controls, [*_CONTROLLED, BEST]),
    _ratio("photos", _LOWEST_OF_CONTROLS, Cifar10Controls, of.lowest_of_controls, _GAMES[:1]),
    _ratio("photos", "FLD, faces", Faces, _by_variant(_fld), _ON_FACES, _FACES),
    _ratio("photos", "SSE, faces", Faces, _by_variant(_sse), _ON_FACES),
    _difference("photos", _JUMP, Collapse, of.on_photos(jumps), _JUMPS, "the paper's text"),
    _difference("game", _RUNGS, Stability, _cross_entropy, _GAMES, "Figure 2", "higher"),
    _difference("game", _TWO, Stability, _cross_entropy_of_two, _GAMES, direction="higher"),
    _ratio("game", _GRADIENT, Stability, _by_d(of.gradient), _GAMES, "Figure 3"),
    _ratio("game", f"μ₂ × {_GRADIENT}", Stability, _by_d(of.weighted_gradient), _GAMES, "Figure 3"),
    _difference("features", _PROBE, Bridges, _by_variant(of.probed_error), _PAIRS, "Figure 5"),
    _ratio("settings", "FLD, settings", Bridges, _by_variant(_fld), _VARIANTS),
    _ratio("settings", f"FLD, {ORDER}", BlockOrder, of.of_fresh_seeds(_fld), _ORDERS),
    _difference("settings", f"SSE, {ORDER}", BlockOrder, of.of_fresh_seeds(of.sse), _ORDERS),
    _ratio("settings", "FLD, averaged weights / last step", Averages, of.fld_to_last_step, _ALONE),
    _ratio("settings", "FLD / 0.05", Averages, of.fld_to_goal, _ALONE),
    _ratio("settings", _GOAL_SSE, Averages, of.goal_sse, _WITH_MMD),
    _ratio("pythae", "FLD, two programs", AgainstPythae, _by_side(_fld), [(OURS, SAME)]),
    _ratio("pythae", "SSE, two programs", AgainstPythae, _by_side(_sse), [(OURS, SAME)]),
)
