"""The commit of the program's checkout."""

import subprocess
from pathlib import Path

# A change of anything else, such as a page of results, is not a change of the program.
_PROGRAM = (":/ivaae_tf", ":/pipelines", ":/flags")


def git_commit(file: Path) -> str | None:
    """Returns the commit of a file's checkout, with "+" if the program was changed since.

    An installed program may be inside another repository, so the file must be in the checkout.

    Args:
        file: A file of the program.

    Returns:
        The commit's 40 digits, or None outside a checkout.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", str(file))
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", *_PROGRAM) else "")
    except (OSError, subprocess.CalledProcessError):
        return None
