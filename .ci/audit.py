"""Looks for known vulnerabilities of locked packages, by pip-audit: `audit.py requirements.lock`.

Its database is that of PyPI, in the network. pip-audit calls a package without an answer "no known
vulnerabilities found"; this program tells both apart. The exit status is 1 if a vulnerability is
known, and 0 if none is, or if the database cannot be reached.
"""

import json
import subprocess
import sys


def report(dependencies: list[dict]) -> tuple[str, int]:
    """Returns the lines to print and the exit status.

    Args:
        dependencies: Those of pip-audit's JSON: each has "name", and "skip_reason" or "version"
            and "vulns".
    """
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    lines = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in dependencies
        for vulnerability in each.get("vulns", ())
    ]
    num_asked = len(dependencies) - len(unknown)
    vulnerable = bool(lines)
    lines.append(f"{num_asked} packages audited, {len(lines)} known vulnerabilities")
    if unknown:
        which = ", ".join(unknown) if num_asked else "any package"
        lines.append(f"NOT AUDITED: the database has no answer for {which}")
    return "\n".join(lines), int(vulnerable)


def main(lock: str) -> int:
    """Audits the packages of a file with hashes."""
    command = ["pip_audit", "--format=json", "--progress-spinner=off", "--disable-pip"]
    finished = subprocess.run(
        [sys.executable, "-m", *command, "--require-hashes", f"--requirement={lock}"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        dependencies = json.loads(finished.stdout)["dependencies"]
    except ValueError:
        reason = (finished.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"NOT AUDITED: the database of vulnerabilities cannot be reached ({reason[:300]})")
        return 0
    text, status = report(dependencies)
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
