"""Runs tour.py and writes tour.ipynb with the outputs of the cells: `make notebook`."""

from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def main() -> None:
    """Runs the cells and writes the notebook."""
    notebook = jupytext.read(FOLDER / "tour.py")
    notebook.metadata = {"language_info": {"name": "python"}}
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # not random
        cell.metadata = {}
        if cell.cell_type == "code":
            # Without TensorFlow's messages about the machine.
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    notebook.metadata = {"language_info": {"name": "python"}}
    nbformat.write(notebook, FOLDER / "tour.ipynb")


if __name__ == "__main__":
    main()
