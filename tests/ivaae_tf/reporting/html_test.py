"""The two formats of a report, parsed with the standard library."""

import base64
import re
from html.parser import HTMLParser

import pytest

from ivaae_tf.reporting import contents, html
from ivaae_tf.runs.finished import read_runs
from tests.written_runs import fid, fld, write_run

HOSTILE = '<script>alert(1)</script> & "a|b" `$x$` [l](u) ![i](v) \\<b> &lt; _e_ ~~s~~'
HOSTILE = HOSTILE.replace("/", "\N{DIVISION SLASH}")  # It is the name of a folder.
VOID = {"meta", "img", "source", "br"}


class Parsed(HTMLParser):
    """Checks the order of closing tags, and keeps attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def values(self, *names):
        return [value for _, name, value in self.attributes if name in names]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    scores = [fid(50, 2), fld(0.3, 2), fld(0.2, 4), fid(55, 4)]
    return contents.build_report(
        read_runs(
            [
                write_run(folder / "plain", scores=scores),
                write_run(folder / HOSTILE, data_set="<b>data", scores=scores[:2]),
                write_run(folder / "begun", epochs=0, with_pictures=False),
            ]
        )
    )


@pytest.fixture(scope="module")
def parsed(report):
    return Parsed(html.to_html(report))


def test_the_page_is_well_formed_and_escapes_what_users_name(parsed):
    assert HOSTILE in parsed.text and "<b>data" in parsed.text
    assert not {"script", "b", "em", "s"} & parsed.tags


def test_the_page_needs_nothing_beside_it(report, parsed):
    assert all(value.startswith("data:") for value in parsed.values("src", "srcset"))
    assert all(value.startswith(("data:", "#")) for value in parsed.values("href"))
    assert not {"link", "iframe", "object"} & parsed.tags
    style = re.search(r"<style>(.*?)</style>", html.to_html(report), re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    assert ("meta", "name", "viewport") in parsed.attributes
    (policy,) = [
        text for text in parsed.values("content") if text.startswith("default-src 'none';")
    ]
    assert {"base-uri 'none'", "form-action 'none'"} <= set(re.split(r";\s+", policy))


def test_pictures_come_first_and_settings_last(report):
    titles = list(report.sections)
    assert titles[:3] == ["Samples", "Reconstructions", "Scores"]
    assert titles[-2:] == ["Runs", "Settings"]


def test_links_lead_somewhere_and_pictures_are_described(parsed):
    targets = set(parsed.values("id"))
    assert {href[1:] for href in parsed.values("href") if href[0] == "#"} == targets
    assert all(parsed.values("alt"))


def test_the_page_contains_all_files(report, parsed):
    names = parsed.values("download")
    links = [href for href in parsed.values("href") if href.startswith("data:")]
    found = {
        name: base64.b64decode(link.split(",")[1]) for name, link in zip(names, links, strict=True)
    }
    shown = {base64.b64decode(source.split(",")[1]) for source in parsed.values("src")}
    assert {"losses.csv", "scores_over_epochs.csv"} < found.keys()
    for name, content in report.files().items():
        assert found.get(name) == content or content in shown


def test_what_is_missing_is_said_with_its_command(parsed):
    assert "ivaae evaluate --workdir=" in parsed.text
    for part in ("history.json", "samples.png", "code_covariance.csv", "checkpoints/"):
        assert part in parsed.text


def test_markdown_keeps_its_tables_and_names_its_files(report):
    text = str(report)
    assert not re.search(r"(?<!\\)<(?!/?(details|summary|small|br|code)>)", text)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) >= 6
    for table in tables:
        assert len({len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
    linked = set(re.findall(r"(?<!\\)\]\(([^)]+)\)", text))
    assert linked == report.files().keys()


def test_runs_that_have_left_nothing_make_a_page(tmp_path):
    runs = read_runs([write_run(tmp_path / "begun", epochs=0, with_pictures=False)])
    report = contents.build_report(runs)
    assert report.files() == {}
    assert "No run has been scored yet." in Parsed(html.to_html(report)).text
    assert "No run has this yet" in str(report)
