"""Imports go in one direction, and only mains read flags."""

import ast
import collections
import functools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from ivaae_tf.commands import COMMANDS

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("ivaae_tf/**/*.py"), *ROOT.glob("pipelines/**/*.py")])

# Packages (rooms) by layers (floors): a module imports from lower layers and its own package.
FLOORS = (
    ("ivaae_tf.program", "ivaae_tf.layers.replicas"),
    (
        "ivaae_tf.methods",
        "ivaae_tf.setting_fields",
        "ivaae_tf.layers.noise",
        "ivaae_tf.layers.group_normalization",
    ),
    ("ivaae_tf.setting_rules",),
    ("ivaae_tf.settings", "ivaae_tf.second_stage_settings", "pipelines.workers"),
    ("ivaae_tf.api.keywords", "ivaae_tf.api.options"),
    ("pipelines.images",),
    ("pipelines.records",),
    ("pipelines.folder", "pipelines.sources"),
    ("pipelines",),
    ("ivaae_tf.layers.priors",),
    (
        "ivaae_tf.layers.interventions",
        "ivaae_tf.layers.divergences",
        "ivaae_tf.layers.posteriors",
        "ivaae_tf.layers.likelihoods",
        "ivaae_tf.layers.decoder_regularizers",
        "ivaae_tf.metrics",
        "ivaae_tf.models.networks",
        "ivaae_tf.plots",
    ),
    ("ivaae_tf.layers",),
    ("ivaae_tf.models",),
    ("ivaae_tf.runs",),
    ("ivaae_tf.evaluation", "ivaae_tf.reporting"),
    ("ivaae_tf.training", "ivaae_tf.export", "ivaae_tf.sweeps"),
    ("ivaae_tf.api",),
    ("ivaae_tf.commands",),
    ("ivaae_tf",),  # `__init__` and `__main__`
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# The files of a run, each written and read in one module.
FILES_OF_A_RUN = (
    "run.json",
    "history.json",
    "scores.json",
    "last.keras",
    "best.keras",
    "previous.keras",
    "in_epoch.keras",
    "samples.png",
    "reconstructions.png",
    "codes.png",
    "nearest_training_images.png",
    "code_covariance.csv",
    "gaussian_mixture.npz",
    "class_mixture.npz",
    "calibration.npz",
    "class_codes.npz",
    "second_stage.json",
)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path) for path in SOURCES}
PAGES = ["README.md", "BUILD.md", "CONTRIBUTING.md", "benchmarks/README.md"] + [
    str(path.relative_to(ROOT))
    for path in sorted(ROOT.glob("docs/**/*.md"))
    if "_build" not in path.parts
]
PYTHON_FILES = [str(path) for path in ROOT.glob("*/**/*.py")]


def _imports(path: Path) -> set[str]:
    """Returns the modules that a file imports, also inside functions."""
    return _imported(ast.walk(ast.parse(path.read_text("utf-8"))))


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    imported = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                imported.add(name if name in MODULES else node.module)
    return imported


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


IMPORTS = {_module(path): _imports(path) for path in SOURCES}


def _is_command(module: str) -> bool:
    return module.rpartition(".")[2] in COMMANDS and _is_within(module, "ivaae_tf.commands")


def _room(module: str) -> str:
    return max((room for room in FLOOR_OF if _is_within(module, room)), key=len)


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_go_down(module):
    room = _room(module)
    for name in IMPORTS[module] & MODULES:
        other = _room(name)
        assert other == room or FLOOR_OF[other] < FLOOR_OF[room], f"{module} imports {name}"


def test_the_data_know_the_program_alone():
    for module, imported in IMPORTS.items():
        if _is_within(module, "pipelines"):
            own = {name for name in imported & MODULES if _is_within(name, "ivaae_tf")}
            assert all(_is_within(name, "ivaae_tf.program") for name in own), f"{module}: {own}"


def test_few_files_stand_in_the_hall():
    assert len(list((ROOT / "ivaae_tf").glob("*.py"))) <= 7


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page):
    """Checks paths, names of files, and names of modules and their contents."""
    text = (ROOT / page).read_text("utf-8")
    folders = "ivaae_tf|pipelines|flags|tests|benchmarks|results|docs|examples"
    for path in re.findall(rf"(?<![\w./-])(?:{folders})/[\w./-]*\w", text):
        in_wheel = path.replace("ivaae_tf/flagfiles", "flags")
        assert (ROOT / in_wheel).exists(), path
    for name in re.findall(r"[\w/]+\.py\b", text):
        assert any(f"/{path}".endswith(f"/{name}") for path in PYTHON_FILES), name
    for name in re.findall(r"\b(?:ivaae_tf|pipelines)(?:\.\w+)+", text):
        module, _, part = name.rpartition(".")
        assert name in MODULES or part in _names(module), name


def _names(module: str) -> set[str]:
    """Returns the words of a module's file, which has the definitions of its names."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return set(re.findall(r"\w+", path.read_text("utf-8"))) if path.exists() else set()


def test_a_command_is_one_light_file():
    """It is not imported by name, and imports nothing heavy at its top."""
    commands = {module for module in MODULES if _is_command(module)}
    assert {module.rpartition(".")[2] for module in commands} == set(COMMANDS)
    for module, imported in IMPORTS.items():
        assert not imported & commands, f"{module} imports {imported & commands}"
    light = ("program", "commands", "methods", "settings", "second_stage_settings")
    for name in COMMANDS:
        path = ROOT / "ivaae_tf" / "commands" / f"{name}.py"
        top = _at_the_top(path)
        own = {name for name in _imported(top) if _is_within(name, "ivaae_tf")}
        allowed = [
            f"ivaae_tf.{room}" for room in (*light, "setting_fields", "api.keywords", "api.options")
        ]
        assert all(any(_is_within(name, room) for room in allowed) for name in own), path
        assert not _imported(top) & {"tensorflow", "keras", "numpy", "PIL"}, path
        (main,) = (each for each in top if getattr(each, "name", "") == "main")
        assert main.end_lineno - main.lineno < 60, f"{path}: main is a table of contents"


def _at_the_top(path: Path) -> list[ast.stmt]:
    """Returns a module's statements, without imports in functions and for type checkers."""
    statements = ast.parse(path.read_text("utf-8")).body
    return [each for each in statements if not isinstance(each, ast.If)]


def test_imports_make_no_circle():
    def visit(module, path):
        assert module not in path, " → ".join([*path, module])
        if module not in finished:
            for name in sorted(IMPORTS[module] & MODULES):
                # A package and its own modules may import each other.
                if not _is_within(module, name) and not _is_within(name, module):
                    visit(name, [*path, module])
            finished.add(module)

    finished = set()
    for module in IMPORTS:
        visit(module, [])


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_flags_are_read_in_mains_only(path):
    """Other modules may define flags, but have plain arguments."""
    if _is_command(_module(path)) or _module(path) == "ivaae_tf.program.command":
        return
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not {"FLAGS", "FlagValues"} & (names | attributes)


@functools.cache
def _modules_with_text() -> dict[str, set[str]]:
    """Returns the modules that contain a text, by the texts of all modules."""
    found = collections.defaultdict(set)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value].add(_module(path))
    return found


@pytest.mark.parametrize("name", FILES_OF_A_RUN)
def test_a_file_of_a_run_is_opened_in_one_room(name):
    """`RunDirectory` makes its path, and others get the path from there."""
    (module,) = _modules_with_text()[name]
    assert _is_within(module, "ivaae_tf.runs")


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_text_files_are_utf_8(path):
    """Without an encoding, Python uses the locale's encoding."""
    places = {"read_text": 0, "write_text": 1}  # of the argument
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        values = [each.value if isinstance(each, ast.Constant) else each for each in node.args]
        opens_text = node.func.attr == "open" and all(
            isinstance(value, str) and "b" not in value for value in values
        )
        if node.func.attr in places or opens_text:
            values = values[places.get(node.func.attr, 2) :]
            values += [each.value.value for each in node.keywords if each.arg == "encoding"]
            assert values[:1] == ["utf-8"], f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_a_file_holds_one_concept(path):
    """A file of more than 300 lines has two concepts."""
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert path.stem not in ("utils", "helpers", "common")


def test_train_step_does_not_know_the_method():
    """Methods are objects, so the step has no branch."""
    source = ROOT / "ivaae_tf" / "models" / "autoencoder.py"
    (step,) = (
        node
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "train_step"
    )
    assert not any(isinstance(node, ast.If | ast.IfExp | ast.Match) for node in ast.walk(step))
