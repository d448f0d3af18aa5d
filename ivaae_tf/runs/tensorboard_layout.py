"""The layout of scalars in TensorBoard: groups of tags, and the page Custom Scalars.

The values of steps are a run of their own, and the averages of epochs another, with the same tags.
"""

import functools
import re

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, summary

# Category -> chart -> regular expressions of the tags that it shows.
_LAYOUT = {
    "Training": {
        "losses": ["loss/(val_)?reconstruction", "loss/(latent|posterior|generator)"],
        "JS estimate, from 0 to log(t+1)": ["discriminator/js_estimate"],
        "accuracy of D by rung, by chance 1/(t+1)": ["discriminator/accuracy_rung_.*"],
        "gradient norms": ["gradient_norm/.*"],
    },
    "Rungs": {
        "mean norm, 0 for N(0, I)": ["rungs/mean_norm_.*"],
        "standard deviation, 1 for N(0, I)": ["rungs/standard_deviation_.*"],
    },
    "Scores": {
        "FLD": ["scores/fld"],
        "energy distance of the codes": ["scores/energy_distance_to_prior"],
        "Fréchet distance": ["scores.*/(fid|frechet_.*)"],
        "precision and recall": ["scores.*/(precision|recall)_.*"],
    },
    "Speed": {
        "images per second": ["speed/images_per_second"],
        "learning rates": ["learning_rate/.*"],
    },
}

# Regular expression of names -> tag; the first that matches counts.
_TAGS = {
    "(.*)_gradient_norm": r"gradient_norm/\1",
    "js_estimate|intervention_cross_entropy": r"discriminator/\g<0>",
    "(val_)?discriminator_(.*)": r"discriminator/\1\2",
    "(mean_norm|standard_deviation)_rung_(.*)": r"rungs/\1_\2",
    "learning_rate_(.*)": r"learning_rate/\1",
    "images_per_second": r"speed/\g<0>",
    "(.*)_loss|(.*)": r"loss/\1\2",
}


@functools.cache
def tag_of(name: str) -> str:
    """Returns the tag of a scalar that a training logs: group/name, short for narrow cards."""
    matches = ((re.fullmatch(pattern, name), tag) for pattern, tag in _TAGS.items())
    return next(match.expand(tag) for match, tag in matches if match)


def scalar_layout() -> Summary:
    """Returns the layout as a summary."""
    categories = [
        layout_pb2.Category(
            title=title,
            chart=[
                layout_pb2.Chart(title=name, multiline=layout_pb2.MultilineChartContent(tag=tags))
                for name, tags in charts.items()
            ],
        )
        for title, charts in _LAYOUT.items()
    ]
    return summary.pb(layout_pb2.Layout(category=categories))
