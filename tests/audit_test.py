"""The audit reports packages without an answer from the database as not audited."""

import runpy

from tests.mains import REPOSITORY

report = runpy.run_path(str(REPOSITORY / ".ci" / "audit.py"))["report"]
SAFE = {"name": "a", "version": "1", "vulns": []}
UNKNOWN = {"name": "b", "skip_reason": "not found"}
VULNERABLE = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["2.1", "3"]}, {"id": "CVE-2", "fix_versions": []}],
}


def test_a_known_vulnerability_fails():
    text, status = report([SAFE, VULNERABLE])
    assert status == 1
    assert text.splitlines() == [
        "c 2: CVE-1, fixed in 2.1, 3",
        "c 2: CVE-2, fixed in no version yet",
        "2 packages audited, 2 known vulnerabilities",
    ]


def test_a_package_without_an_answer_is_named():
    assert report([SAFE]) == ("1 packages audited, 0 known vulnerabilities", 0)
    text, status = report([SAFE, UNKNOWN])
    assert status == 0
    assert text.endswith("NOT AUDITED: the database has no answer for b")
    assert "for any package" in report([UNKNOWN])[0]
