"""The notebook matches its script and runs; the API pages contain all public names."""

import os
import subprocess
import sys
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import nbformat
import pytest

import ivaae_tf

ROOT = Path(__file__).parents[1]
SCRIPT, NOTEBOOK = ROOT / "examples" / "tour.py", ROOT / "examples" / "tour.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_made_of_the_script(notebook):
    script = jupytext.read(SCRIPT)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ]
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    kinds = {each.output_type for each in outputs}
    assert kinds == {"display_data", "stream"}
    assert {each.name for each in outputs if each.output_type == "stream"} == {"stdout"}


def test_the_cells_of_the_notebook_run(notebook, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()) or plt.close())
    names = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, NOTEBOOK.name, "exec"), names)
    pictures = [
        each
        for cell in notebook.cells
        for each in cell.get("outputs", ())
        if each.output_type == "display_data"
    ]
    assert len(shown) == len(pictures) == 5
    # The codes follow the prior, and the defects are found.
    assert names["score"].value < 0.3
    assert names["found"] > 0.7
    assert "of the defects cost more" in capsys.readouterr().out


def test_the_pages_of_the_api_have_all_public_names(tmp_path):
    makefile = (ROOT / "Makefile").read_text()
    names = makefile.partition("$(addprefix ivaae_tf., ")[2].partition(")")[0].replace("\\", "")
    finished = subprocess.run(
        [
            *(sys.executable, "-W", "error::UserWarning", "-m", "pdoc", "--docformat=google"),
            f"--output-directory={tmp_path}",
            *(f"ivaae_tf.{name}" for name in names.split()),
        ],
        cwd=ROOT,
        env={**os.environ, "PDOC_ALLOW_EXEC": "1"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    for name in ivaae_tf.__all__:
        module = ivaae_tf._MODULES[name].removeprefix("ivaae_tf.")
        assert (
            f'id="{name}"'
            in (tmp_path / "ivaae_tf" / f"{module.replace('.', '/')}.html").read_text()
        ), name
