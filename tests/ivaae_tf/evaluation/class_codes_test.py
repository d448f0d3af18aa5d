"""Mean codes and scores of classes, and edited images."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ivaae_tf.api.opening import open_run
from ivaae_tf.evaluation.class_codes import ClassCodes, reconstruction_scores
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines import datasets
from pipelines.batches import evaluation_batches
from tests.mains import run
from tests.small_models import small_model
from tests.tfds_records import noise, write_records

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (50, 4, 4, 1)).astype(np.float32)
LABELS = RANDOM.integers(-1, 3, 50)  # −1: without a label
NAMES = ("a", "b", "c")


def batches():
    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(16)


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def class_codes(model):
    return ClassCodes.of_images(model, batches(), NAMES, epoch=3)


def test_means_and_directions_are_those_of_numpy(model, class_codes):
    codes = model.encode(IMAGES).numpy()
    for index in range(3):
        of_class, of_others = codes[index == LABELS], codes[(index != LABELS) & (LABELS >= 0)]
        np.testing.assert_allclose(class_codes.means[index], of_class.mean(axis=0), atol=1e-5)
        direction = of_class.mean(axis=0) - of_others.mean(axis=0)
        np.testing.assert_allclose(class_codes.directions[index], direction, atol=1e-5)
    assert class_codes.counts.tolist() == np.bincount(LABELS[LABELS >= 0]).tolist()


def test_classes_without_images_are_left_out(model, class_codes):
    found = ClassCodes.of_images(model, batches(), (*NAMES, "d"), epoch=3)
    assert found.names == NAMES
    np.testing.assert_array_equal(found.means, class_codes.means)


def test_a_single_class_is_one_line(model):
    same = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(50, int))).batch(16)
    with pytest.raises(UserError, match="have 1 class"):
        ClassCodes.of_images(model, same, NAMES, epoch=3)


def test_the_file_has_all(class_codes, tmp_path):
    class_codes.save(tmp_path / "x.npz")
    found = ClassCodes.load(tmp_path / "x.npz", 4)
    for field in dataclasses.fields(ClassCodes):
        np.testing.assert_array_equal(
            getattr(found, field.name), getattr(class_codes, field.name), err_msg=field.name
        )
    assert ClassCodes.load(tmp_path / "y.npz", 4) is None
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[200] ^= 1
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(UserError, match="; run `ivaae evaluate --per_class` again"):
        ClassCodes.load(tmp_path / "x.npz", 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"means": np.zeros((3, 5))}, "is of another run: its codes have dimension 5, expected 4"),
        ({"names": ("a", "b")}, "it has 2 names"),
        ({"counts": np.ones(2, int)}, "2 counts"),
        ({"names": ("a",), "means": np.ones((1, 4)), "counts": np.ones(1, int)}, "at least 2"),
        ({"means": np.full((3, 4), np.nan)}, "class .* has a mean that is not finite"),
        ({"counts": np.array([1, 0, 2])}, "class .* or no images"),
        (
            {"counts": np.array([1.0, np.nan, 2.0])},
            "its counts of float64; expected text and integers",
        ),
        ({"names": (1, 2, 3)}, "its names are of type int64"),
    ],
)
def test_codes_that_contradict_one_another_or_the_model_are_named(
    class_codes, tmp_path, change, message
):
    dataclasses.replace(class_codes, **change).save(tmp_path / "x.npz")
    with pytest.raises(UserError, match=rf"x\.npz .*{message}"):
        ClassCodes.load(tmp_path / "x.npz", 4)


def test_names_of_earlier_versions_that_are_equal_are_one_line(class_codes, tmp_path):
    dataclasses.replace(class_codes, names=("a", "b", "a")).save(tmp_path / "x.npz")
    with pytest.raises(UserError, match="several classes of one name"):
        ClassCodes.load(tmp_path / "x.npz", 4)


def test_reconstruction_scores_are_those_of_numpy(model):
    sse = np.sum((IMAGES - model(IMAGES, training=False).numpy()) ** 2, axis=(1, 2, 3))
    scores = reconstruction_scores(model, batches(), (*NAMES, "d"))
    assert [score.conditions["of"] for score in scores] == list(NAMES)
    for index, score in enumerate(scores):
        of_class = sse[index == LABELS]
        assert score.value == pytest.approx(of_class.mean(), rel=1e-5)
        error = of_class.std(ddof=1) / np.sqrt(len(of_class))
        assert score.standard_error == pytest.approx(error, rel=1e-4)
        assert score.conditions["num_images"] == len(of_class)


def test_classes_are_told_by_their_numbers_and_not_by_their_names(model):
    expected = [score.value for score in reconstruction_scores(model, batches(), NAMES)]
    found = reconstruction_scores(model, batches(), ("a", "a", "c"))
    assert [score.value for score in found] == expected
    assert [score.conditions["of"] for score in found] == ["a", "a", "c"]


@pytest.fixture(scope="module")
def celeb_a(tmp_path_factory):
    """Records with attributes, as in celeb_a."""
    import tensorflow_datasets as tfds

    data_dir = str(tmp_path_factory.mktemp("data"))
    features = {
        "image": tfds.features.Image(shape=(218, 178, 3)),
        "attributes": {"Male": np.bool_, "Smiling": np.bool_},
        "landmarks": {"nose_x": np.int64},
    }
    examples = [
        {
            "image": image,
            "attributes": {"Male": bool(index % 2), "Smiling": index % 3 == 0},
            "landmarks": {"nose_x": 1},
        }
        for index, image in enumerate(noise(12, 218, 178, 3))
    ]
    version = str(tfds.builder("celeb_a", data_dir=data_dir).version)
    splits = {"train": examples[:8], "validation": examples[8:]}
    write_records("celeb_a", version, features, splits, data_dir)
    return data_dir


def test_attributes_are_labels(celeb_a):
    dataset = datasets.open_dataset("celeb_a", data_dir=celeb_a, label="Smiling")
    assert dataset.class_names == ("not Smiling", "Smiling")
    assert dataset.num_classes == 2
    assert dataset.label_key == "attributes/Smiling"
    pairs = evaluation_batches(dataset, "validation", image_size=16, batch_size=4, with_labels=True)
    ((images, labels),) = pairs
    assert images.shape == (4, 16, 16, 3)
    assert labels.dtype == tf.int64
    assert sorted(labels.numpy()) == [0, 0, 0, 1]  # of 8, 9, 10, 11


def test_other_labels_are_one_line(celeb_a):
    with pytest.raises(UserError, match="celeb_a has no such label; it has "):
        datasets.open_dataset("celeb_a", data_dir=celeb_a, label="Happy")
    assert datasets.open_dataset("celeb_a", data_dir=celeb_a).class_names == ()


@pytest.fixture(scope="module")
def edited_model(train, data_dir, tmp_path_factory):
    """The run of a tiny model of digits with scores per class, and its export."""
    folder = tmp_path_factory.mktemp("edited")
    workdir = folder / "run"
    assert train(workdir, "--epochs=2").returncode == 0
    finished = run(
        *(
            "evaluate",
            f"--workdir={workdir}",
            f"--data_dir={data_dir}",
            *("--per_class", "--sampler=class_gmm", "--num_components=2"),
        ),
        *("--num_samples=50", "--num_codes=400"),
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("reconstruction_sse_per_class") == 10
    saved = folder / "saved_model"
    exported = run("export", f"--workdir={workdir}", f"--out={saved}")
    assert exported.returncode == 0, exported.stderr
    return saved


def sample(saved, *flags):
    return run("sample", f"--saved_model={saved}", *flags)


def test_an_edit_moves_the_codes_along_the_direction(edited_model, tmp_path):
    signatures = tf.saved_model.load(str(edited_model)).signatures
    class_codes = ClassCodes.load(RunDirectory(edited_model.parent / "run").class_codes_path, 8)
    drawn = signatures["sample"](num_images=tf.constant(9), seed=tf.constant(0))
    arguments = {"label": tf.constant("7"), "strength": tf.constant(1.5)}
    edited = signatures["edit"](z=drawn["z"], **arguments)
    expected = drawn["z"] + 1.5 * class_codes.directions[7].astype(np.float32)
    np.testing.assert_allclose(edited["z"], expected, atol=1e-5)
    decoded = signatures["decode"](z=edited["z"])["images"]
    np.testing.assert_array_equal(edited["images"], decoded)
    finished = sample(
        *(edited_model, f"--out_dir={tmp_path}/edited", "--edit=7:+1.5"),
        *("--num_images=9", "--batch_size=9"),
    )
    assert finished.returncode == 0, finished.stderr
    files = sorted((tmp_path / "edited").iterdir())
    seed = np.random.SeedSequence(0).generate_state(1).astype(np.int32)[0]
    drawn = signatures["sample"](num_images=tf.constant(9), seed=tf.constant(seed))
    expected = signatures["edit"](z=drawn["z"], **arguments)["images"].numpy()[..., 0]
    np.testing.assert_array_equal([np.asarray(Image.open(file)) for file in files], expected)


def test_new_images_of_a_class_come_from_its_mixture(edited_model, tmp_path, one_line_error):
    """The command, the function and the signature give the same images."""
    signatures = tf.saved_model.load(str(edited_model)).signatures
    assert signatures["labels"]()["labels"].numpy().tolist() == [b"%d" % i for i in range(10)]
    of_run = open_run(edited_model.parent / "run").sample(6, seed=3, label=7)
    finished = sample(
        *(edited_model, f"--out_dir={tmp_path}/sevens", "--label=7"),
        *("--num_images=6", "--seed=3"),
    )
    assert finished.returncode == 0, finished.stderr
    files = sorted((tmp_path / "sevens").iterdir())
    levels = np.array([np.asarray(Image.open(file)) for file in files], int)
    np.testing.assert_allclose(levels, of_run[..., 0], atol=1)  # sums in another order
    # The codes have the mean of the seventh class's components: within 5 standard errors.
    z = signatures["sample_class"](
        num_images=tf.constant(4000), seed=tf.constant(0), label=tf.constant("7")
    )["z"].numpy()
    path = RunDirectory(edited_model.parent / "run").mixture_paths["class_gmm"]
    stored = np.load(path)
    weights = np.where(stored["classes"] == 7, stored["weights"], 0)
    mean = weights @ stored["means"] / weights.sum()
    assert (np.abs(z.mean(axis=0) - mean) < 5 * z.std(axis=0) / np.sqrt(4000)).all()
    line = one_line_error(sample(edited_model, f"--grid={tmp_path}/x.png", "--label=seven"))
    assert "--label must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; found seven" in line
    with pytest.raises(UserError, match=r"label must be one of 0, 1, .*; found seven"):
        open_run(edited_model.parent / "run").sample(1, label="seven")


def test_the_accuracy_of_classes_is_that_of_the_exported_images(edited_model):
    (found,) = (
        score
        for score in RunDirectory(edited_model.parent / "run").read_scores()
        if score.name == "class_accuracy_classifier"
    )
    assert found.conditions["num_images_per_class"] == 50
    assert found.conditions["num_classes"] == 10
    assert 0 <= found.conditions["lowest"] <= found.value <= 1


def test_wrong_edits_are_one_line(edited_model, saved_model, tmp_path, one_line_error):
    out = f"--grid={tmp_path}/x.png"
    for edit in ("7", "7:much", ":1", "7:nan"):
        assert "LABEL:STRENGTH" in one_line_error(sample(edited_model, out, f"--edit={edit}"))
    line = one_line_error(sample(edited_model, out, "--edit=seven:1"))
    assert "has no label 'seven'" in line
    line = one_line_error(sample(saved_model, out, "--label=7"))
    assert "ivaae evaluate --sampler=class_gmm" in line
    line = one_line_error(sample(saved_model, out, "--edit=7:1"))
    assert "ivaae evaluate --per_class" in line
    assert not list(tmp_path.glob("*.png"))


def test_the_card_lists_the_labels(edited_model):
    card = (edited_model / "README.md").read_text()
    assert "labels: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in card
