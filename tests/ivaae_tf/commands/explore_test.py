"""`ivaae explore` writes all files of the page, or one line."""

import json
import re
import shlex

import numpy as np
import pytest
from PIL import Image

from ivaae_tf.export.explorer import onnxruntime_web
from ivaae_tf.export.explorer.onnxruntime_web import FILES
from ivaae_tf.program.errors import UserError
from tests.mains import NETWORK_IS_USED, run


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder with files of the names of onnxruntime-web's."""
    folder = tmp_path_factory.mktemp("onnxruntime_web")
    for name in FILES:
        (folder / name).write_text(name)
    return folder


@pytest.fixture(scope="module")
def explore(finished_run, data_dir, runtime):
    def start(out, *flags, onnxruntime_web=runtime):
        return run(
            *("explore", f"--workdir={finished_run}", f"--out={out}"),
            *(f"--data_dir={data_dir}", f"--onnxruntime_web={onnxruntime_web}", *flags),
        )

    return start


@pytest.fixture(scope="module")
def explorer(explore, tmp_path_factory):
    out = tmp_path_factory.mktemp("explore") / "my $(id) explorer"
    finished = explore(out, "--num_examples=3")
    assert finished.returncode == 0, finished.stderr
    command = shlex.split(finished.stdout.splitlines()[-1])
    assert command[:5] == ["python", "-m", "http.server", "--bind", "127.0.0.1"]
    assert command[5:] == ["--directory", str(out)]
    return out


def test_the_folder_has_all_files_that_the_page_names(explorer):
    names = {path.name for path in explorer.iterdir()}
    assert {"index.html", "explorer.js", "encoder.onnx", "decoder.onnx", "explorer.json"} <= names
    assert {path.name for path in (explorer / "onnxruntime").iterdir()} == set(FILES)
    assert {path.name for path in explorer.glob("example_*")} == {
        f"example_{index}.png" for index in range(3)
    }
    assert np.asarray(Image.open(explorer / "example_0.png")).shape == (16, 16)


def test_the_page_has_no_other_base_and_sends_no_form(explorer):
    """These two are not in `default-src`."""
    page = (explorer / "index.html").read_text("utf-8")
    policy = re.search('"Content-Security-Policy"\\s+content="([^"]*)"', page)[1]
    directives = [part.strip() for part in policy.split(";")]
    assert {"default-src 'self'", "base-uri 'none'", "form-action 'none'"} <= set(directives)


def test_no_page_names_another_server(explorer):
    for path in explorer.glob("*.*"):
        if path.suffix in (".html", ".css", ".js"):
            assert "http://" not in path.read_text()
            assert "https://" not in path.read_text()


def test_the_facts_are_those_of_the_run(explorer):
    facts = json.loads((explorer / "explorer.json").read_text())
    assert facts["method"] == "ivaae_radial"
    assert facts["image_shape"] == [16, 16, 1]
    assert facts["intervention"] == {"name": "radial", "num_bridges": 4}
    assert len(facts["samples"][0]) == facts["latent_dim"] == len(facts["mean"])
    assert facts["companions"] == []
    vectors = np.array([each["vector"] for each in facts["directions"]])
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(vectors)), atol=1e-5)
    assert sum(each["share"] for each in facts["directions"]) <= 1 + 1e-6


def test_an_older_explorer_is_replaced_only_with_overwrite(explorer, explore, one_line_error):
    before = (explorer / "explorer.json").read_bytes()
    assert "exists; give a new folder, or --overwrite" in one_line_error(explore(explorer))
    assert explore(explorer, "--overwrite", "--num_examples=0").returncode == 0
    assert (explorer / "explorer.json").read_bytes() != before
    assert not list(explorer.glob("example_*"))
    (explorer / "example_7.png").write_text("mine")
    line = one_line_error(explore(explorer, "--overwrite", "--num_examples=0"))
    assert "such as 'example_7.png'" in line
    (explorer / "example_7.png").unlink()


def test_a_folder_without_the_runtime_is_one_line(explore, tmp_path, one_line_error):
    (tmp_path / "other").mkdir()
    finished = explore(tmp_path / "explorer", onnxruntime_web=tmp_path / "other")
    line = one_line_error(finished)
    assert "--onnxruntime_web" in line
    assert FILES[0] in line
    assert not (tmp_path / "explorer").exists()


def test_the_runtime_is_asked_for_in_the_npm_registry(finished_run, tmp_path):
    finished = run(
        *("explore", f"--workdir={finished_run}", f"--out={tmp_path}/explorer"),
        f"--data_dir={tmp_path}",
    )
    assert finished.returncode == NETWORK_IS_USED
    assert "refused: a connection to registry.npmjs.org" in finished.stderr


def test_another_package_than_the_pinned_one_is_refused(tmp_path, monkeypatch):
    (tmp_path / "other.tgz").write_bytes(b"another package")
    monkeypatch.setattr(onnxruntime_web, "ARCHIVE_URL", f"file://{tmp_path}/other.tgz")
    with pytest.raises(UserError, match="onnxruntime-web cannot be fetched"):
        onnxruntime_web.copy_files(None, tmp_path / "cache", tmp_path / "out")
