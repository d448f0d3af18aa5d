"""A score keeps its conditions, also in JSON, and a file of scores is never half-written."""

import dataclasses
import json
import math
import threading

import numpy as np
import pytest

from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.program.damaged_files import DamagedFileError
from ivaae_tf.runs import score_file
from ivaae_tf.runs.score_file import merge_scores, read_scores

_FLD = Score("fld", 0.25, False, 0.01, {"num_codes": 1000, "split": "train", "floor": 0.11}, 10)


def test_survives_json():
    assert Score.from_json(json.loads(json.dumps(_FLD.to_json()))) == _FLD


def test_a_score_that_does_not_exist_is_strict_json():
    score = Score("fld", math.inf, False, math.nan)
    text = json.dumps(score.to_json(), allow_nan=False)
    again = Score.from_json(json.loads(text))
    assert math.isnan(again.value)
    assert again.standard_error is None


def test_numpy_numbers_become_plain_ones_and_objects_are_refused():
    score = Score("s", np.float32(0.5), True, np.float64(1), {"n": np.int64(3), "b": np.True_})
    assert [type(x) for x in (score.value, *score.conditions.values())] == [float, int, bool]
    with pytest.raises(TypeError, match="condition n of s is a list"):
        Score("s", 1, True, conditions={"n": [1]})


def test_further_conditions_may_come_in_a_mapping():
    score = _FLD.with_conditions({"split": "test", "epoch": 3}, epoch=20, of="data")
    assert score.conditions == {**_FLD.conditions, "split": "test", "epoch": 3, "of": "data"}
    assert score.epoch == 20


def test_a_file_merges_by_name_conditions_and_epoch(tmp_path):
    path = tmp_path / "runs" / "scores.json"
    later = Score(**{**_FLD.to_json(), "epoch": 20})
    other_split = _FLD.with_conditions(split="test")
    merge_scores(path, [_FLD, later])
    again = Score(**{**_FLD.to_json(), "value": 0.5})
    merged = merge_scores(path, [again, other_split])
    assert merged == [again, later, other_split] == read_scores(path)
    assert read_scores(tmp_path / "none.json") == []


def test_an_interrupted_write_leaves_the_old_scores(tmp_path, monkeypatch):
    path = tmp_path / "scores.json"
    merge_scores(path, [_FLD])
    old = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        merge_scores(path, [_FLD.with_conditions(split="test")])
    assert path.read_bytes() == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[{",
        '{"a": 1}',
        '[{"name": "fld"}]',
        "[1]",
        "{}",
        '[{"value": 1}]',
        '[{"name": "fld", "value": "low", "higher_is_better": null}]',
        '[{"name": "fld", "value": 1, "higher_is_better": null, "epoch": "two"}]',
        '[{"name": "fld", "value": 1, "higher_is_better": null, "conditions": {"a": [1]}}]',
        '[{"name": "fld", "value": 1, "higher_is_better": null, "hue": 1}]',
    ],
)
def test_a_damaged_file_is_named_and_set_aside(tmp_path, text, capsys):
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(DamagedFileError, match=r"scores\.json is damaged") as caught:
        read_scores(path)
    assert "\n" not in str(caught.value)
    assert merge_scores(path, [_FLD]) == [_FLD] == read_scores(path)
    assert (tmp_path / "scores.damaged-1.json").read_text() == text
    assert "is now scores.damaged-1.json" in capsys.readouterr().err


def test_the_table_tells_everything_once():
    ssim = Score("ssim", 0.87654321, True, None, {"num_images": 500, "split": "train"})
    again = Score("psnr", 20, True, None, {"num_images": 500, "split": "train"})
    lines = format_scores([_FLD, ssim, again]).splitlines()
    assert lines[0] == "split train"
    assert lines[1].split() == ["score", "epoch", "value", "±", "s.e.", "better"]
    assert lines[2].split() == ["fld", "10", "0.25", "0.01", "lower", "[1]"]
    assert lines[3].split() == ["ssim", "-", "0.87654", "-", "higher", "[2]"]
    assert lines[4].split() == ["psnr", "-", "20", "-", "higher", "[2]"]
    assert lines[5:] == ["", "[1] 1,000 codes, floor 0.11", "[2] 500 images"]
    assert format_scores([]) == "no scores"
    assert "floor 0.11" in format_scores([_FLD])


def test_the_table_has_nothing_that_a_terminal_obeys():
    """Names of classes may be untrusted."""
    hostile = _FLD.with_conditions(of="\x1b]0;title\x07\x9b2J")
    table = format_scores([dataclasses.replace(hostile, name="a\x1b[2K\u202e"), _FLD])
    assert all(line.isprintable() for line in table.splitlines())
    assert r"of \x1b]0;title\x07\u009b2J" in table


def test_many_conditions_take_several_lines():
    conditions = {f"condition_{number}": "of some length" for number in range(9)}
    lines = format_scores([_FLD.with_conditions(**conditions), _FLD]).splitlines()
    assert max(map(len, lines)) <= 100
    assert sum("of some length" in line for line in lines) > 1


def test_of_two_writers_one_waits_for_the_other(tmp_path, monkeypatch):
    path = tmp_path / "scores.json"
    other_split = _FLD.with_conditions(split="test")
    # Locks of one file that is opened twice exclude threads in the same way as processes.
    other = threading.Thread(target=merge_scores, args=(path, [other_split]))

    def read_and_let_the_other_try(path):
        scores = read_scores(path)
        if threading.current_thread() is not other:
            other.start()
            other.join(timeout=0.5)
        return scores

    monkeypatch.setattr(score_file, "read_scores", read_and_let_the_other_try)
    merge_scores(path, [_FLD])
    other.join()
    assert read_scores(path) == [_FLD, other_split]
