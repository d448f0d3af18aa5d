"""Runs many command lines of a main, and checks the outcomes before its work begins.

    python -m tests.flag_values train 10000

It tries values that each flag must refuse, then the given number of random command lines. Each main
has a separate process, because absl holds the flags of one. The process has no TensorFlow, so that
it is fast.
"""

import contextlib
import importlib
import io
import math
import os
import sys
import tempfile
from pathlib import Path

from absl import flags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

for heavy in ("tensorflow", "keras"):
    sys.modules[heavy] = None  # Importing it fails.

from ivaae_tf.program import command_line  # noqa: E402
from ivaae_tf.program.command import Command  # noqa: E402
from ivaae_tf.program.path_flags import NameParser  # noqa: E402
from ivaae_tf.program.shown_text import refused_character  # noqa: E402

NUMBERS = st.one_of(
    st.sampled_from(
        ["nan", "-nan", "inf", "-inf", "1e400", "-0.0", "1e-320", "0", "1", "2", "0x10", "1_0", ""]
    ),
    st.integers().map(str),
    st.integers(-10, 10_000).map(str),
    st.floats().map(str),
    st.floats(0, 2).map(str),
)
# `FILES` makes these in the current folder.
PATHS = st.one_of(
    st.sampled_from(
        [
            *("", "file", "file/x", "folder", "folder/x.png", "new.png", "new/x.png", "new.jpg"),
            *(".png", "link", "/dev/null", "/dev/full", "/proc/x", "/dev/null/x", "x" * 300),
            *(
                "a\nb.png",
                "a\0b.png",
                "\udcff.png",
                "~",
                "~nobody/x",
                "~no such user/x",
                ".",
                "..",
                "auto",
                "none",
            ),
            *("https://example.org/a.tgz", "file:///x", "://", "0" * 64),
        ]
    ),
    st.text(max_size=20),
)
NAMES = {
    *("dataset", "label", "normal", "edit", "beam_runner", "beam_options"),
    *("inception_graph_sha256", "network", "vary", "best", "where"),
}
REQUIRED = {"workdir": "folder", "out": "folder", "saved_model": "folder", "grid": "new.png"}
REQUIRED_OF = {"film": {"out": "new.webp"}, "outliers": {"split": "train"}}
REQUIRED_OF["classify"] = {"split": "train", "out": "new.csv"}
FLAGFILES = ("binary.flags", "zeros.flags", "text.flags", "circle.flags", "demo", "file", "folder")
ODD = st.sampled_from(
    [
        *("--", "-", "---", "--=", "--no_such", "--noworkdir", "stray", "", "a\nb"),
        *("--v=x", "--v=9999999999", "--stderrthreshold=x"),
    ]
)


def make_files() -> None:
    """Writes the files that command lines refer to."""
    Path("folder").mkdir()
    Path("folder", "x").write_text("x")
    Path("file").write_text("x")
    Path("link").symlink_to("link")
    Path("binary.flags").write_bytes(bytes(range(256)))
    Path("zeros.flags").write_bytes(bytes(100))
    Path("text.flags").write_text("a text\nof two lines\n")
    Path("circle.flags").write_text("--flagfile=circle.flags\n")


def wrong_values_of(flag: flags.Flag) -> list[str]:
    """Returns values that each flag of its kind must refuse."""
    if isinstance(flag.parser, flags.ListParser):
        return ["nan", "inf", "-inf", "1e400", "1,nan", "1,,2", "-1", "0", "soon", "1;2", "9" * 30]
    if isinstance(flag.parser, flags.IntegerParser):
        return ["nan", "inf", "", "1.5", "1e9", "-1", "9" * 30, "9" * 5000, str(2**32), "soon"]
    if isinstance(flag.parser, flags.FloatParser):
        return [
            "nan",
            "-nan",
            "inf",
            "-inf",
            "1e400",
            "",
            "-1",
            "-1e-300",
            "1e-320",
            "1e10",
            "1e38",
        ]
    if isinstance(flag.parser, flags.EnumParser):
        return ["", "None", flag.parser.enum_values[0][:-1]]
    if flag.boolean:
        return ["", "2", "maybe", "None"]
    return ["", "a\nb", "a\0b", "\udcff", "\x1b[31m"]


def values_of(flag: flags.Flag) -> st.SearchStrategy[str]:
    """Returns texts for a flag, most of them wrong."""
    if isinstance(flag.parser, flags.ListParser):
        return st.lists(NUMBERS, max_size=3).map(",".join)
    if isinstance(flag.parser, (flags.IntegerParser, flags.FloatParser)):
        return NUMBERS
    if isinstance(flag.parser, flags.EnumParser):
        return st.sampled_from(
            [*flag.parser.enum_values, "", "None", flag.parser.enum_values[0][:-1]]
        )
    if flag.boolean:
        return st.sampled_from(["true", "false", "", "2", "maybe"])
    return PATHS


def arguments_of(names: list[str]) -> st.SearchStrategy[list[str]]:
    """Returns the arguments of command lines, without the required ones."""
    one = st.sampled_from(names).flatmap(
        lambda name: values_of(flags.FLAGS[name]).flatmap(
            lambda value: st.sampled_from([[f"--{name}={value}"], [f"--{name}", value]])
        )
    )
    flagfile = st.sampled_from(FLAGFILES).map(lambda name: [f"--flagfile={name}"])
    # Some commands have no flags.
    own = [one] * 3 if names else []
    parts = st.lists(st.one_of(*own, flagfile, ODD.map(lambda text: [text])), max_size=4)
    return parts.map(lambda lists: [text for part in lists for text in part])


def end_of(command: Command, arguments: list[str]) -> str:
    """Returns the outcome of a command line, and checks that it is allowed."""
    said, printed = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            command_line.parse_or_exit(command, ["ivaae", *arguments])
    except SystemExit as end:
        if end.code == 0:
            assert printed.getvalue()
            return "help"
        assert end.code in (1, 2)
        line = said.getvalue()
        assert line.startswith("error: "), line
        assert line.count("\n") == 1, line
        return "refused"
    return "accepted"


def check_values(names: list[str]) -> None:
    """Checks that the accepted values are valid."""
    for name in names:
        flag = flags.FLAGS[name]
        values = flag.value if isinstance(flag.value, list) else [flag.value]
        for value in values:
            if isinstance(value, float | int):
                assert math.isfinite(value) and abs(value) < 2**32, f"--{name}={value}"
            if isinstance(flag.parser, NameParser):
                assert value != "" and not refused_character(value or ""), f"--{name}={value!r}"


def main(name: str, num_examples: int) -> None:
    """Checks command lines of one main."""
    command = importlib.import_module(f"ivaae_tf.commands.{name}").COMMAND
    before = set(flags.FLAGS)
    command.declare()
    names = sorted(set(flags.FLAGS) - before)
    values = {**REQUIRED, **REQUIRED_OF.get(name, {})}
    required = [f"--{flag}={value}" for flag, value in values.items() if flag in names]
    ends = dict.fromkeys(("accepted", "help", "refused"), 0)

    @settings(
        max_examples=num_examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments_of(names))
    def check(arguments: list[str]) -> None:
        files = sorted(os.listdir())  # noqa: PTH208
        end = end_of(command, [*required, *arguments])
        if end == "accepted":
            check_values(names)
        ends[end] += 1
        assert sorted(os.listdir()) == files  # noqa: PTH208

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_files()
        for flag in names:
            # All others are paths, in which ~ is the home folder.
            assert type(flags.FLAGS[flag].parser) is not NameParser or flag in NAMES
            for value in wrong_values_of(flags.FLAGS[flag]):
                assert end_of(command, [*required, f"--{flag}={value}"]) == "refused", (flag, value)
                ends["refused"] += 1
        check()
        os.chdir("/")
    print(name, *(f"{end}: {count}" for end, count in ends.items()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
