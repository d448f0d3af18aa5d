"""The command `ivaae` and its sub-commands."""

import difflib
import runpy
import sys

import ivaae_tf

COMMANDS = {
    "prepare": ("pipelines.prepare", "writes the records of a data set"),
    "train": ("ivaae_tf.train", "trains a model, or continues its training"),
    "second_stage": ("ivaae_tf.second_stage", "trains a second stage on the codes of a run"),
    "evaluate": ("ivaae_tf.evaluate", "scores a run"),
    "sample": ("ivaae_tf.sample", "draws images from an exported model"),
    "export": ("ivaae_tf.export", "writes a SavedModel and a model card"),
    "report": ("ivaae_tf.report", "compares finished runs on one HTML page"),
    "stability": ("ivaae_tf.stability", "measures the stability of training (Figures 2 and 3)"),
    "probe": ("ivaae_tf.probe", "classifies from frozen features (Figure 5)"),
}


def main() -> None:
    """Runs the sub-command that the first argument names, or lists all."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help", "help"):
        print(_overview())
        return
    name = sys.argv[1]
    if name == "--version":
        print(f"ivaae {ivaae_tf.__version__}")
        return
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
        sys.exit(f"error: ivaae has no command {name!r}; {hint}")
    module, _ = COMMANDS[name]
    del sys.argv[1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _overview() -> str:
    lines = [f"  {name:12} {purpose}" for name, (_, purpose) in COMMANDS.items()]
    return "\n".join(
        [
            f"ivaae {ivaae_tf.__version__}: Intervention Adversarial Auto-Encoders",
            "",
            *lines,
            "",
            "ivaae COMMAND --help lists the flags of a command.",
        ]
    )


if __name__ == "__main__":
    main()
