"""Names of classes: those that are accepted come back from TFDS's file, each at its label."""

import pytest
import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from pipelines.records.class_names import check_class_names


@pytest.mark.parametrize("names", [["Doe, Jane", 'quo"te', "猫", "a b", "a\\tb", "#1"], ["a"], []])
def test_names_that_are_accepted_come_back(tmp_path, names):
    check_class_names(names, "--array=x.npz", "labels")
    tfds.features.ClassLabel(names=names).save_metadata(tmp_path, "label")
    lines = (tmp_path / "label.labels.txt").read_text("utf-8").split("\n")
    assert [line.strip() for line in lines if line.strip()] == names


@pytest.mark.parametrize(
    "name",
    [
        "cat ",
        " cat",
        " ",
        "",
        "\x0b",
        "cat\xa0",
        "c\x85",
        "c\u3000",
        "c\u2028",
        "a\nb",
        "a\rb",
        "\x1b[2J",
        "a\tb",
    ],
)
def test_a_name_that_would_change_is_named(name):
    with pytest.raises(UserError, match="rename these labels") as caught:
        check_class_names(["ant", name, "dog"], "--array=x.npz", "labels")
    assert repr(name) in str(caught.value) and "'dog'" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_name_of_two_labels_is_named():
    with pytest.raises(UserError, match=r"cannot be stored: 'cat' \(2 times\); rename"):
        check_class_names(["cat", "dog", "cat"], "--array=x.npz", "labels")
