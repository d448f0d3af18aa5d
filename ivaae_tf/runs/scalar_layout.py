"""The layout of TensorBoard's page Custom Scalars: what people look for first."""

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, summary

# Category -> chart -> regular expressions of the tags that it shows.
_LAYOUT = {
    "Training": {
        "losses": ["epoch/(val_)?reconstruction_loss", "epoch/(latent|posterior)_loss"],
        "JS estimate, from 0 to log(t+1)": ["epoch/js_estimate"],
        "accuracy of D by rung, by chance 1/(t+1)": ["epoch/discriminator_accuracy_rung_.*"],
        "gradient norms": ["epoch/(encoder|decoder|discriminator)_gradient_norm"],
    },
    "Rungs": {
        "mean norm, 0 for the prior": ["epoch/mean_norm_rung_.*"],
        "standard deviation, 1 for the prior": ["epoch/standard_deviation_rung_.*"],
    },
    "Scores": {
        "FLD": ["scores/fld"],
        "Fréchet distance": ["scores.*/(fid|frechet_.*)"],
        "precision and recall": ["scores.*/(precision|recall)_.*"],
    },
    "Speed": {
        "images per second": ["epoch/images_per_second"],
        "learning rates": ["epoch/learning_rate_.*"],
    },
}


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
