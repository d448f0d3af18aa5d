"""Imports go in one direction, and only mains read flags."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("ivaae_tf/**/*.py"), *ROOT.glob("pipelines/**/*.py")])

# The parts that do not import one another, and the modules that all of them may use.
PARTS = (
    "interventions",
    "divergences",
    "posteriors",
    "likelihoods",
    "decoder_regularizers",
    "networks",
    "metrics",
    "plots",
)
SHARED = ("ivaae_tf.distribute.replicas", "ivaae_tf.random_layer")

# The packages above the parts, in order: none imports a later one.
ORDER = (
    "autoencoder",
    "gan",
    "intervention_gan",
    "samplers",
    "systems",
    "building",
    "runs",
    "evaluation",
    "callbacks",
)

# Package -> the packages that it may not import.
ABOVE = {
    **{f"ivaae_tf.{part}": tuple(f"ivaae_tf.{name}" for name in ORDER) for part in PARTS},
    **{
        f"ivaae_tf.{name}": (
            *(f"ivaae_tf.{later}" for later in ORDER[place + 1 :]),
            "ivaae_tf.options",
            "ivaae_tf.reporting",
            "ivaae_tf.studies",
        )
        for place, name in enumerate(ORDER)
    },
    "ivaae_tf.distribute.replicas": ("ivaae_tf",),
    "ivaae_tf.schedules": ("ivaae_tf",),
    "ivaae_tf.optimizers": ("ivaae_tf",),
    "pipelines": ("ivaae_tf",),
}

# Modules of `pipelines` that start every main.
STARTERS = ("command", "command_line", "help_page")

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
    "nearest_training_images.png",
    "code_covariance.csv",
    "gaussian_mixture.npz",
    "calibration.npz",
    "class_codes.npz",
    "second_stage.json",
)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> set[str]:
    """Returns the modules that a file imports, also inside functions."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            imported.add(node.module)
            # `from ivaae_tf.distribute import replicas` imports a module too.
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    return imported - {"ivaae_tf.distribute"}  # Its own file is empty.


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


IMPORTS = {_module(path): _imports(path) for path in SOURCES}


def _is_main(path: Path) -> bool:
    """Returns whether a user starts the file; modules that start all mains count too."""
    return "command_line.run(" in path.read_text("utf-8") or path.stem in STARTERS


@pytest.mark.parametrize("part", PARTS)
def test_parts_know_nothing_of_one_another(part):
    package = f"ivaae_tf.{part}"
    for module, imported in IMPORTS.items():
        if _is_within(module, package):
            foreign = {
                name
                for name in imported
                if name.startswith("ivaae_tf.")
                and not any(_is_within(name, own) for own in (package, *SHARED))
            }
            assert not foreign, f"{module} imports {foreign}"


@pytest.mark.parametrize("package", ABOVE)
def test_nothing_reaches_up(package):
    for module, imported in IMPORTS.items():
        if _is_within(module, package):
            above = {
                name for name in imported if any(_is_within(name, up) for up in ABOVE[package])
            }
            assert not above, f"{module} imports {above}"


def test_no_module_imports_a_main():
    mains = {_module(path) for path in SOURCES if _is_main(path)}
    mains -= {f"pipelines.{starter}" for starter in STARTERS}
    assert {"ivaae_tf.train", "pipelines.prepare"} <= mains
    for module, imported in IMPORTS.items():
        assert not imported & mains, f"{module} imports {imported & mains}"


def test_imports_make_no_circle():
    def visit(module, path):
        assert module not in path, " → ".join([*path, module])
        if module not in finished:
            for name in sorted(IMPORTS[module] & set(IMPORTS)):
                # A package and its own modules may import each other.
                if not _is_within(module, name) and not _is_within(name, module):
                    visit(name, [*path, module])
            finished.add(module)

    finished = set()
    for module in IMPORTS:
        visit(module, [])


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_flags_are_read_in_mains_only(path):
    """Other modules may define flags, but take plain arguments."""
    if _is_main(path):
        return
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not {"FLAGS", "FlagValues"} & (names | attributes)


@pytest.mark.parametrize("name", FILES_OF_A_RUN)
def test_a_file_of_a_run_is_opened_in_one_room(name):
    """`RunDirectory` makes its path, and others get the path from there."""
    texts = {
        _module(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == name
    }
    assert len(texts) == 1
    assert all(_is_within(module, "ivaae_tf.runs") for module in texts)


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_text_files_are_utf_8(path):
    """Without an encoding, Python takes that of the locale."""
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
    """A file of more than 300 lines has two."""
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert path.stem not in ("utils", "helpers", "common")


def test_train_step_does_not_know_the_method():
    """Methods are objects, so the step has no branch."""
    source = ROOT / "ivaae_tf" / "autoencoder.py"
    (step,) = (
        node
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "train_step"
    )
    assert not any(isinstance(node, ast.If | ast.IfExp | ast.Match) for node in ast.walk(step))
