"""The model card of an untrusted run."""

import dataclasses
import re

import yaml

from ivaae_tf.export import model_card
from ivaae_tf.models.samplers import Prior
from ivaae_tf.runs.directory import RunDirectory
from tests.small_models import small_model
from tests.written_runs import fld, record_of

HOSTILE = "<script>alert(1)</script>|[a](javascript:b)\n# Heading ```\x1b[2J"


def test_what_a_record_says_is_shown_as_text(tmp_path):
    record = record_of(batch_size=64)
    record = dataclasses.replace(
        record,
        settings=dataclasses.replace(record.settings, dataset=HOSTILE),
        data={**record.data, "name": HOSTILE, HOSTILE: [HOSTILE]},
        parameters={HOSTILE: 1},
        versions={HOSTILE: HOSTILE},
        git_commit=HOSTILE,
    )
    run = RunDirectory(tmp_path)
    record.write(run.record_path)
    score = fld(0.5, 0)
    score = dataclasses.replace(score, name=f"fld{HOSTILE}").with_conditions({HOSTILE: HOSTILE})
    run.add_scores([score])
    model = small_model()
    card = model_card.write(run, model, [Prior(model.prior)])
    assert yaml.safe_load(card.split("---\n")[1])["datasets"] == [HOSTILE]
    assert "\x1b" not in card
    (fence,) = re.findall("^`{4,}$", card, re.MULTILINE)[:1]
    before, table, after = card.split(f"{fence}\n")
    assert "<script>" in table and fence not in table
    for text in (before, after):
        assert not re.search(r"(?<!\\)<", text)
        assert not re.search(r"(?<!\\)\]\(", text)
        assert not re.search(r"^# Heading", text, re.MULTILINE)
    assert before.count(r"\<script\>") == 6
