"""Where TensorBoard shows scalars: groups of tags, and the page Custom Scalars.

The values of steps are a run of their own, and the averages of epochs another, with the same tags.
"""

import re

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, summary

# Category -> chart -> regular expressions of the tags that it shows.
_LAYOUT = {
    "Training": {
        "losses": ["loss/(val_)?reconstruction_loss", "loss/(latent|posterior)_loss"],
        "JS estimate, from 0 to log(t+1)": ["discriminator/js_estimate"],
        "accuracy of D by rung, by chance 1/(t+1)": [
            "discriminator/discriminator_accuracy_rung_.*"
        ],
        "gradient norms": ["gradient_norm/(encoder|decoder|discriminator)_gradient_norm"],
    },
    "Rungs": {
        "mean norm, 0 for the prior": ["rungs/mean_norm_rung_.*"],
        "standard deviation, 1 for the prior": ["rungs/standard_deviation_rung_.*"],
    },
    "Scores": {
        "FLD": ["scores/fld"],
        "Fréchet distance": ["scores.*/(fid|frechet_.*)"],
        "precision and recall": ["scores.*/(precision|recall)_.*"],
    },
    "Speed": {
        "images per second": ["speed/images_per_second"],
        "learning rates": ["learning_rate/learning_rate_.*"],
    },
}

# Regular expression of names -> their group; the first that matches counts.
_GROUPS = {
    ".*_gradient_norm": "gradient_norm",
    "js_estimate|discriminator_(accuracy|cross).*": "discriminator",
    "(mean_norm|standard_deviation)_rung_.*": "rungs",
    "learning_rate_.*": "learning_rate",
    "images_per_second": "speed",
    ".*": "loss",
}


def tag_of(name: str) -> str:
    """Returns the tag of a scalar that a training logs, such as loss/latent_loss."""
    group = next(group for pattern, group in _GROUPS.items() if re.fullmatch(pattern, name))
    return f"{group}/{name}"


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
