"""Statistics, runner and pages of the studies in results/."""

import csv
import dataclasses
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from ivaae_tf.metrics.score import Score
from ivaae_tf.program.errors import UserError
from results import cifar10_folder, claims, readme
from results.full_size import __main__ as full_size
from results.outliers import detectors
from results.page import SCORES, interval, number, spread
from results.program import ROOT, Study, complete
from results.run import Outcome, Record, Run, read_record
from results.statistics import Interval
from tests.results_records import EchoRun

STABILITY = ("discriminator_cross_entropy", "encoder_gradient_norm", "rung_0_gradient_norm")
# Studies whose pages are also written from invented records.
INVENTED = ("block_order", "cifar10_controls", "conditional", "faces", "full_size_seeds", "labels")
INVENTED += ("latent_dim", "objectives", "photos_settings", "residual", "trained_discriminator")
NAMES = sorted(path.parent.name for path in ROOT.glob("*/__main__.py"))


def study(name: str) -> Study:
    module = importlib.import_module(f"results.{name}.__main__")
    (kind,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
        if issubclass(value, Study)
    )
    return kind()


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.01234, 2, "0.012"),
        (12.34, 3, "12.3"),
        (1234.5, 2, "1,200"),
        (10378.0, 3, "10,400"),
        (0.0, 2, "0"),
        (9.96, 2, "10"),
        (0.47996, 3, "0.480"),
        (-0.0000948, 2, "−0.000095"),
        (np.nan, 2, "–"),
    ],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


def test_spreads():
    assert spread([1.0, 3.0], 3) == "2.00 ± 1.4"
    assert spread([1.5]) == "1.5"
    assert spread([]) == "–"


def test_intervals():
    assert interval(Interval(1.0, 0.5, 1.5)) == "1.0 [0.50, 1.5]"
    assert interval(Interval.of([2.0])) == "2.0"


@pytest.mark.parametrize("name", NAMES)
def test_runs_have_different_names_and_facts(name):
    runs = study(name).runs()
    assert len({run.name for run in runs}) == len(runs)
    assert len({tuple(run.facts.items()) for run in runs}) == len(runs)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_that_of_the_records(name, tmp_path):
    found = study(name)
    stored = {path.stem for path in (found.folder / "records").glob("*.json")}
    records = found.records()
    assert stored == {record.run.name for record in records}
    found.write_page(tmp_path / name)
    for path in [*found.folder.glob("*.md"), *found.folder.glob("*.csv")]:
        assert (tmp_path / name / path.name).read_text() == path.read_text(), path


def test_the_answers_to_the_claims_are_those_of_the_records(tmp_path):
    claims.write_page(tmp_path)
    for name in ("README.md", "claims.csv"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()


def test_no_difference_from_an_aae_or_wae_gan_on_mnist_passes_the_correction():
    """As in the summary about radial IVAAE's FLD, SSE and samples."""
    with (ROOT / "claims.csv").open(newline="", encoding="utf-8") as file:
        verdicts = {
            (row["quantity"], row["reference"]): row["verdict"]
            for row in csv.DictReader(file)
            if row["method"] == "ivaae_radial" and row["reference"] in ("aae", "wae_gan")
            if row["question"] in ("codes", "samples")
        }
    assert len(verdicts) == 18
    assert set(verdicts.values()) == {"open", "depends"}


@pytest.mark.parametrize("page", [ROOT / "CONDITIONS.md", *sorted(ROOT.glob("**/README.md"))])
def test_links_and_pictures_exist(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def runs(folder: Path, texts) -> list[Run]:
    made = []
    for index, text in enumerate(texts):
        path = folder / f"{index}.json"
        path.write_text(text)
        made.append(EchoRun(f"run{index}", {"index": index}, ((str(path),),)))
    return made


def test_only_runs_without_a_record_are_run(tmp_path):
    two = runs(tmp_path, ["1", "2"])
    records, work = tmp_path / "records", tmp_path / "work"
    complete(two[:1], records, work, num_processes=2, minutes=1)
    before = (records / "run0.json").stat().st_mtime_ns
    complete(two, records, work, num_processes=2, minutes=1)
    assert (records / "run0.json").stat().st_mtime_ns == before
    values = [read_record(records / f"{run.name}.json", run).score("value").value for run in two]
    assert values == [1, 2]


def test_no_run_begins_after_the_minutes(tmp_path):
    records = tmp_path / "records"
    complete(runs(tmp_path, ["1"]), records, tmp_path / "work", num_processes=1, minutes=0)
    assert not records.exists()


def test_a_run_that_fails_is_named_with_its_log(tmp_path):
    failing, records = runs(tmp_path, ["no JSON"]), tmp_path / "records"
    with pytest.raises(UserError, match=r"run0: .*0\.json ended with status 1; see .*run0\.log"):
        complete(failing, records, tmp_path / "work", num_processes=1, minutes=1)


def test_a_record_of_other_commands_is_refused(tmp_path):
    (run,) = runs(tmp_path, ["1"])
    complete([run], tmp_path, tmp_path / "work", num_processes=1, minutes=1)
    other = dataclasses.replace(run, commands=(("other",),))
    with pytest.raises(UserError, match="was made by other commands"):
        read_record(tmp_path / "run0.json", other)


def test_scores_are_found_by_their_conditions():
    scores = tuple(Score("a", value, None, conditions={"of": value}) for value in (1, 2))
    record = Record(EchoRun("run", {}, ()), Outcome({}, scores, {}, {}, {}), {})
    assert record.score("a").value == 2
    assert record.score("a", of=1).value == 1
    with pytest.raises(KeyError):
        record.score("b")


def test_the_planes_of_cifar10_become_images(tmp_path):
    image = np.arange(32 * 32 * 3).reshape(32, 32, 3).astype(np.uint8)
    record = np.concatenate([[7], image.transpose(2, 0, 1).ravel()]).astype(np.uint8)
    np.tile(record, 2).tofile(tmp_path / "batch.bin")
    np.testing.assert_array_equal(cifar10_folder.images(tmp_path / "batch.bin"), [image, image])
    (tmp_path / "cut.bin").write_bytes(bytes(3072))
    with pytest.raises(UserError, match="3072 bytes"):
        cifar10_folder.images(tmp_path / "cut.bin")


def test_pictures_are_kept_beside_the_record(tmp_path):
    run = EchoRun("run.5", {}, (("command",),))
    pictures = {"samples": b"png 1", "reconstructions": b"png 2"}
    Record(run, Outcome({}, (), {}, {}, {}, pictures), {}).write(tmp_path / "run.5.json")
    Record(run, Outcome({}, (), {}, {}, {}, {"samples": b""}), {}).write(tmp_path / "run.json")
    assert read_record(tmp_path / "run.5.json", run).outcome.pictures == pictures


def test_the_weights_at_full_size_are_the_best_of_the_trade_off():
    assert full_size.weights_of_the_trade_off() == full_size.BEST_WEIGHTS


def test_the_page_has_the_tables_that_the_records_make():
    for name, blocks in readme.PAGES.items():
        text = (readme.ROOT / name).read_text()
        assert readme.with_blocks(text, blocks) == text


def test_detectors_find_what_is_far_away():
    pytest.importorskip("pyod")
    random = np.random.default_rng(0)
    train, normal = random.normal(size=(2, 300, 8))
    test = np.concatenate([normal, random.normal(size=(30, 8)) + 6])
    scores = detectors.all_scores(train, test, np.arange(330) >= 300)
    assert {score.conditions["detector"] for score in scores} == set(detectors.DETECTORS)
    assert all(score.value > 0.95 for score in scores), scores


def invented(run: Run) -> Record:
    """Returns a record of a run that has all scores, averages and tables of any study."""
    random = np.random.default_rng(len(run.name) + int(run.facts["seed"]))
    names = (*SCORES, "ssim", "classification_error", "used_categories")
    names += ("class_accuracy_classifier", "label_probe_accuracy")
    scores = [
        Score(
            name, random.uniform(1, 2), None, conditions={"expected_under_prior": 1.0}, epoch=epoch
        )
        for epoch in (4, 8, 20, 40, 120)
        for name in names
    ]
    scores += [
        Score("cluster_error", random.uniform(0, 1), False, conditions={"labeled_by": name})
        for name in ("head", "majority")
    ]
    steps = [
        {
            "step": str(step),
            "log_num_rungs": "1",
            **dict.fromkeys(STABILITY, str(1 + random.random())),
        }
        for step in range(0, 6001, 100)
    ]
    tables = {"stability": steps, "covariance": [{"z0": "1", "z1": "0"}, {"z0": "0", "z1": "1"}]}
    history = {epoch: {"js_estimate": 0.1} for epoch in range(1, 121)}
    conditions = {"processor": "", "versions": {"tensorflow": "", "keras": ""}}
    settings = {"num_bridges": 1}
    return Record(run, Outcome(settings, tuple(scores), history, conditions, tables), {})


@pytest.mark.parametrize("name", INVENTED)
@pytest.mark.parametrize("is_complete", [False, True])
def test_a_study_writes_its_page_from_one_or_all_of_its_runs(
    name, is_complete, tmp_path, monkeypatch
):
    found = study(name)
    first, *others = found.runs()
    records = [invented(run) for run in (first, *(others if is_complete else ()))]
    monkeypatch.setattr(found, "records", lambda: records)
    found.write_page(tmp_path / name)
    text = (tmp_path / name / "README.md").read_text()
    assert "nan" not in text
    if is_complete:
        assert text.split("\n\n")[1].startswith("**Found:** ")
    else:
        assert text.split("\n\n")[1] == f"**Not complete:** 1 of {len(others) + 1} runs are done."
        assert set(text.split("\n\n")[3][1:-1].split("`, `")) == {run.name for run in others}
