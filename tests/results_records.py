"""Records of invented runs."""

from collections.abc import Mapping

from ivaae_tf.metrics.score import Score
from results.run import Facts, Outcome, Record, Run


class EchoRun(Run):
    """Writes its name to a file by a command of Python."""

    def arguments(self, command, folder):
        return ["json.tool", *command, str(folder / "out.json")]

    def outcome(self, folder):
        score = Score("value", float((folder / "out.json").read_text()), None)
        return Outcome({}, (score,), {}, {}, {})


def record(
    facts: Facts,
    scores: Mapping[str, float] | None = None,
    settings: Mapping[str, float] | None = None,
    tables: Mapping | None = None,
    history: Mapping | None = None,
) -> Record:
    """Returns a record with these facts and scores."""
    found = tuple(Score(name, value, None) for name, value in (scores or {}).items())
    return Record(
        EchoRun("run", facts, ()),
        Outcome(settings or {}, found, history or {}, {}, tables or {}),
        {},
    )
