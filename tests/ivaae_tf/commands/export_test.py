import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import yaml
from PIL import Image

import ivaae_tf.models.checkpoints  # noqa: F401  registers the classes of a checkpoint
from ivaae_tf.api.opening import open_run
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from tests.mains import run

TENSORFLOW_ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("ivaae_tf", "pipelines", "tensorflow_probability"):
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import numpy as np
import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])
call = model.signatures
images = call["sample"](num_images=tf.constant(3), seed=tf.constant(7))["images"]
z = call["encode"](images=images)["z"]
np.savez(
    sys.argv[2],
    sampled=images,
    again=call["sample"](num_images=tf.constant(3), seed=tf.constant(7))["images"],
    other=call["sample"](num_images=tf.constant(3), seed=tf.constant(8))["images"],
    encoded=z,
    decoded=call["decode"](z=z)["images"],
    reconstructed=call["reconstruct"](images=images)["images"],
)
"""


def test_the_saved_model_runs_with_tensorflow_alone(saved_model, finished_run, tmp_path):
    moved = tmp_path / "moved"  # away from this program
    shutil.copytree(saved_model, moved)
    subprocess.run(
        [sys.executable, "-c", TENSORFLOW_ALONE, moved, tmp_path / "results.npz"],
        cwd=tmp_path,
        check=True,
    )
    results = np.load(tmp_path / "results.npz")
    assert results["sampled"].shape == (3, 16, 16, 1)
    assert results["sampled"].dtype == np.uint8
    np.testing.assert_array_equal(results["sampled"], results["again"])
    assert (results["sampled"] != results["other"]).any()
    np.testing.assert_array_equal(results["reconstructed"], results["decoded"])

    model = keras.saving.load_model(finished_run / "checkpoints" / "last.keras")
    levels = (np.asarray(model.sample(3, 7)) + 1) * 127.5
    # Rounding to levels, and sums in another order.
    np.testing.assert_allclose(results["sampled"], levels, atol=0.51)
    codes = model.encode(results["sampled"] / 127.5 - 1.0)
    np.testing.assert_allclose(results["encoded"], codes, atol=1e-5)


def test_it_holds_each_weight_of_e_and_g_once_and_none_of_d(saved_model, finished_run):
    model = keras.saving.load_model(finished_run / "checkpoints" / "last.keras")
    variables = tf.train.load_checkpoint(str(saved_model / "variables" / "variables"))
    shapes = variables.get_variable_to_shape_map()
    dtypes = variables.get_variable_to_dtype_map()
    stored = sum(math.prod(shapes[name]) for name in shapes if dtypes[name] == tf.float32)
    assert stored == model.encoder.count_params() + model.decoder.count_params()


def test_the_model_card_speaks_of_this_run(saved_model):
    card = (saved_model / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["pipeline_tag"] == "unconditional-image-generation"
    assert "ivaae_radial" in head["tags"]
    assert "datasets" not in head  # It is not one of the Hub's.
    assert "# ivaae_radial on digits" in card
    assert "2 epochs, 46 steps of 64 images" in card
    assert "| latent_dim | 8 |" in card


def test_an_export_over_something_is_refused(saved_model, finished_run, tmp_path, one_line_error):
    (tmp_path / "precious").write_text("")
    finished = run("export", f"--workdir={finished_run}", f"--out={tmp_path}", "--overwrite")
    assert "--out" in one_line_error(finished)
    assert (tmp_path / "precious").exists()
    shutil.copytree(saved_model, tmp_path / "model")
    (tmp_path / "model" / "notes.md").write_text("mine")
    finished = run(
        *("export", f"--workdir={finished_run}"),
        *(f"--out={tmp_path / 'model'}", "--overwrite"),
    )
    assert "such as 'notes.md'" in one_line_error(finished)
    assert (tmp_path / "model" / "notes.md").read_text() == "mine"

    empty = tmp_path / "empty"
    finished = run("export", f"--workdir={empty}", f"--out={tmp_path / 'new'}")
    assert "--workdir" in one_line_error(finished)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["a [v2]", "a*", "a?", r"a\b"])
def test_a_place_that_tensorflow_takes_for_a_pattern_is_refused(
    name, saved_model, finished_run, tmp_path, one_line_error
):
    """TensorFlow itself decides which: other files than that one match, or none."""
    folder = tmp_path / name
    shutil.copytree(saved_model, folder)
    other = tmp_path / "ab"  # it matches a* and a?, with other weights
    shutil.copytree(saved_model, other)
    matches = tf.io.gfile.glob(str(folder))
    assert matches != [str(folder)]
    for flags in (
        ("sample", f"--saved_model={folder}", f"--grid={tmp_path}/grid.png"),
        ("export", f"--workdir={finished_run}", f"--out={folder}/new"),
    ):
        assert "for a pattern, and cannot load" in one_line_error(run(*flags))
    assert not (tmp_path / "grid.png").exists()
    assert not (folder / "new").exists()


def test_sample_writes_a_grid_files_and_strips(saved_model, tmp_path):
    flags = (f"--saved_model={saved_model}", "--num_images=10", "--batch_size=4", "--seed=3")
    targets = (f"--grid={tmp_path}/grid.png", f"--out_dir={tmp_path}/files")
    strips = f"--interpolation={tmp_path}/strips.png"
    finished = run("sample", *flags, *targets, strips)
    assert finished.returncode == 0, finished.stderr

    names = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert names == [f"{index:06d}.png" for index in range(10)]
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape == (2 * 18 + 2, 8 * 18 + 2)
    first_file = np.asarray(Image.open(tmp_path / "files" / "000000.png"))
    np.testing.assert_array_equal(grid[2:18, 2:18], first_file)
    assert Image.open(tmp_path / "strips.png").size == (8 * 18 + 2, 8 * 18 + 2)


def test_sample_names_what_it_cannot_use(saved_model, tmp_path, one_line_error):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("")
    model = f"--saved_model={saved_model}"
    assert "--grid" in one_line_error(run("sample", model))
    taken = run("sample", model, f"--out_dir={tmp_path / 'taken'}")
    assert "--out_dir" in one_line_error(taken)
    missing = run("sample", f"--saved_model={tmp_path}", "--grid=grid.png")
    assert "--saved_model" in one_line_error(missing)
    assert not Path("grid.png").exists()


@pytest.fixture(scope="module", params=["fully_connected", "convolutional", "bfloat16"])
def onnx_export(request, train, tmp_path_factory):
    """A run of each network with averaged weights and batch normalization, and its ONNX files."""
    workdir = tmp_path_factory.mktemp("onnx") / "run"
    flags = ["--epochs=1", "--ema_decay=0.9", "--width=0.02"]
    if request.param == "bfloat16":
        flags += ["--network=convolutional", "--mixed_precision"]
    else:
        flags += [f"--network={request.param}"]
    assert train(workdir, *flags).returncode == 0
    out = workdir / "onnx"
    finished = run("export", f"--workdir={workdir}", f"--out={out}", "--format=onnx")
    assert finished.returncode == 0, finished.stderr
    return workdir, out


def test_onnx_files_compute_what_tensorflow_does(onnx_export):
    workdir, out = onnx_export
    model = RunDirectory(workdir).load_best()
    # bfloat16 has 8 bits, and the files compute in float32.
    tolerance = 1e-5 if model.dtype_policy.name == "float32" else 0.1
    rng = np.random.default_rng(3)
    decoder = onnxruntime.InferenceSession(out / "decoder.onnx")
    encoder = onnxruntime.InferenceSession(out / "encoder.onnx")
    for count in (1, 7):
        z = rng.normal(size=(count, 8)).astype(np.float32)
        (images,) = decoder.run(["images"], {"z": z})
        np.testing.assert_allclose(images, model.decode(z), atol=tolerance)
        (codes,) = encoder.run(["z"], {"images": images})
        np.testing.assert_allclose(codes, model.encode(images), atol=tolerance)


def test_the_card_of_onnx_files_has_code_that_runs(onnx_export, monkeypatch):
    _, out = onnx_export
    card = (out / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    monkeypatch.chdir(out)
    names = {}
    exec(code, names)
    assert names["images"].shape == (16, 16, 16, 1)


def test_what_onnx_lacks_is_one_line(finished_run, tmp_path, one_line_error, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setitem(sys.modules, "tf2onnx", None)  # so that importing it fails
    with pytest.raises(UserError, match="ONNX needs the package tf2onnx"):
        open_run(finished_run).export(out, format="onnx")
    flags = (f"--workdir={finished_run}", f"--out={out}", "--format=onnx")
    sampler = run("export", *flags, "--sampler=gmm")
    assert "--sampler is for --format=saved_model" in one_line_error(sampler)
    assert not out.exists()
