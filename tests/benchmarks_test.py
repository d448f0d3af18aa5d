"""The programs in benchmarks/ match the code that they measure."""

import ast
import importlib
from pathlib import Path

import pytest
from absl import flags

from benchmarks import figures

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "benchmarks").glob("*.py"))
OURS = ("benchmarks", "ivaae_tf", "pipelines")
NOT_OF_THE_TESTS = ("torch", "pythae")  # in benchmarks/requirements.txt alone


def imports_of_ours(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in OURS:
            for alias in node.names:
                yield node.module, alias.name


def names_of(module):
    """Returns the names that a module defines or imports, and its modules if it is a package."""
    path, names = ROOT.joinpath(*module.split(".")), set()
    if path.is_dir():
        names = {each.stem for each in path.iterdir()}
        path /= "__init__.py"
    file = path if path.suffix else path.with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_text())) if file.exists() else ():
        if isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_from_this_project_exists(path):
    """Checks also benchmarks that need PyTorch, which the tests do not install."""
    for module, name in imports_of_ours(ast.parse(path.read_text())):
        assert name in names_of(module), f"{path.name}: {module} has no {name}"


@pytest.fixture
def flags_before():
    """Hides flags that other tests have defined in this process; yields the remaining names."""
    of_absl = {
        flag.name
        for module, defined in flags.FLAGS.flags_by_module_dict().items()
        if module.startswith("absl")
        for flag in defined
    }
    hidden = {name: flags.FLAGS[name] for name in flags.FLAGS if name not in of_absl}
    for name in hidden:
        delattr(flags.FLAGS, name)
    before = set(flags.FLAGS)
    yield before
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)
    for name, flag in hidden.items():
        flags.FLAGS[name] = flag


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in FILES
        if "flags.DEFINE" in path.read_text() and "__main__" in path.read_text()
    ],
    ids=lambda path: path.stem,
)
def test_a_benchmark_parses_its_flags(path, flags_before):
    """Its flags do not collide, and it starts with their defaults."""
    try:
        importlib.import_module(f"benchmarks.{path.stem}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in NOT_OF_THE_TESTS:
            raise
        pytest.skip(f"needs {error.name}")
    own = [name for name in flags.FLAGS if name not in flags_before]
    assert own
    flags.FLAGS([path.stem, *("--out=given" for name in own if name == "out")])


def test_figures_are_read_as_they_were_written(tmp_path, capsys):
    made = figures.Figures("speed", "no images")
    made.add("topic", "s", {"slow": [4.0, 2.0, 6.0], "fast": 1.0}, reference="slow")
    made.write(tmp_path / "speed.json")
    stored = figures.read(tmp_path / "speed.json")
    slow, fast = stored["figures"]
    assert (slow.median, slow.quartiles, slow.ratio) == (4.0, (3.0, 5.0), 1.0)
    assert (fast.median, fast.quartiles, fast.ratio) == (1.0, None, 0.25)
    assert stored["data"] == "no images"
    header, rule, *rows = figures.table([stored]).splitlines()
    assert len({len(line) for line in (header, rule, *rows)}) == 1
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells[0] == ["speed", "topic", "slow", "4", "3 to 5", "s", "1.00"]
    assert cells[1] == ["speed", "topic", "fast", "1", "", "s", "0.25"]
    assert "topic: fast: 1 s, ratio 0.25" in capsys.readouterr().out


def test_another_file_holds_no_figures(tmp_path):
    (tmp_path / "other.json").write_text('{"rows": []}')
    assert figures.read(tmp_path / "other.json") is None
