"""The commands of `ivaae`: each is the module of its name, here by topic with its purpose."""

TOPICS = {
    "Train": {
        "prepare": "writes the records of a data set",
        "train": "trains a model, or resumes its training",
        "sweep": "trains runs with all combinations of some settings, and compares them",
        "second_stage": "trains a second stage on the codes of a run",
    },
    "Evaluate": {
        "evaluate": "scores a run",
        "report": "compares finished runs on one HTML page",
        "outliers": "finds images that are unlike the training images",
        "classify": "classifies images with a run of categories",
        "stability": "measures the stability of training (Figures 2 and 3)",
        "probe": "classifies from frozen features (Figure 5)",
    },
    "Use": {
        "export": "writes a SavedModel or ONNX files, and a model card",
        "sample": "generates images with an exported model",
        "explore": "writes a web page to explore the latent space",
        "film": "shows the samples of each epoch as a film",
    },
    "Look up": {
        "show": "shows what a run is, its scores and files, and what to do next",
        "list": "lists methods, flagfiles and data sets",
        "completion": "prints the completion of commands and flags for bash or zsh",
    },
}
COMMANDS = {name: purpose for topic in TOPICS.values() for name, purpose in topic.items()}
