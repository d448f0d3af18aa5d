"""Tables and arrays of vectors are read, scaled and refused by the names of their columns."""

import numpy as np
import pytest

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches, training_batches
from pipelines.sources.vectors import open_file, open_vectors

ROWS = np.random.default_rng(0).normal([1000.0, -3.0, 0.5], [50.0, 0.01, 2.0], (40, 3))
HEADER = "age,blood pressure,x"


def write(path, rows, header=HEADER):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]), "utf-8")
    return str(path)


def rows_of(dataset, split):
    return np.concatenate(list(evaluation_batches(dataset, split, batch_size=7)))


def test_training_rows_are_standardized_and_a_table_is_its_array(tmp_path):
    np.save(tmp_path / "x.npy", ROWS)
    files = [write(tmp_path / "x.csv", ROWS.tolist()), str(tmp_path / "x.npy")]
    stored = [datasets.open_dataset("array", data_dir=str(tmp_path), array=file) for file in files]
    found = [datasets.open_array(ROWS), *stored]
    train = rows_of(found[0], "train")
    assert train.shape == (36, 3)
    # float32 has about 7 digits: a mean of 1000 at a deviation of 50 leaves 1e-5.
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-4)
    for other in stored:
        for split in ("train", "validation"):
            np.testing.assert_array_equal(rows_of(other, split), rows_of(found[0], split))
    assert stored[0].kind.columns == ("age", "blood pressure", "x")
    assert stored[1].kind.columns == ("x0", "x1", "x2")
    # A line is found again by its name: the header is line 1.
    last = int(stored[0].names_of("validation")[-1].removeprefix("line ")) - 2
    kind = stored[0].kind
    expected = (ROWS[last] - kind.mean) / kind.deviation
    np.testing.assert_allclose(rows_of(stored[0], "validation")[-1], expected, atol=1e-3)
    np.testing.assert_allclose(kind.unscale(kind.scale(ROWS)), ROWS, rtol=1e-5)


@pytest.mark.parametrize("cache", ["none", "memory"])
def test_an_epoch_has_each_training_row_once(cache):
    dataset = open_vectors(ROWS)
    batches = training_batches(dataset, batch_size=6, seed=0, cache=cache)
    epoch = np.concatenate([batch.numpy() for batch in batches.take(6)])
    expected = rows_of(dataset, "train")
    assert sorted(map(tuple, epoch)) == sorted(map(tuple, expected))
    assert (epoch != expected).any()


def with_value(column, value):
    rows = ROWS.astype(object)
    rows[5 if column == 1 else slice(None), column] = value
    return rows.tolist()


@pytest.mark.parametrize(
    "header, rows, problem",
    [
        (HEADER, with_value(1, "nan"), "NaN or infinite values: column.s. blood pressure$"),
        (HEADER, with_value(1, "1e60"), "NaN or infinite values: column.s. blood pressure$"),
        (HEADER, with_value(0, 7), "same value in all training rows: column.s. age$"),
        (HEADER, with_value(1, ""), "not of numbers: blood pressure .such as ''.$"),
        (HEADER, with_value(1, "high"), "not of numbers: blood pressure .such as 'high'.$"),
        ("age,age,x", ROWS.tolist(), "header of different names; found age, age, x$"),
        (HEADER, [[1, 2, 3], [1, 2], [1, 2, 3]], "line 3 does not have 3 columns$"),
        (HEADER, [], "at least 2 row.s. and a column$"),
        ("", [], "at least 2 row.s. and a column$"),
    ],
)
def test_a_table_is_refused_by_the_names_of_its_columns(header, rows, problem, tmp_path):
    with pytest.raises(UserError, match=problem):
        open_file(write(tmp_path / "x.csv", rows, header))


@pytest.mark.parametrize("shape", [(8,), (2, 3, 4, 5, 6)])
def test_an_array_of_another_rank_is_refused(shape, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(shape))
    assert open_file(str(tmp_path / "x.npy")) is None
    with pytest.raises(UserError, match=r"shape \(.*or \(rows, columns\) of numbers"):
        datasets.open_dataset("array", data_dir=str(tmp_path), array=str(tmp_path / "x.npy"))
    with pytest.raises(UserError, match="type <U3; expected numbers"):
        datasets.open_array(np.full((4, 2), "one"))
