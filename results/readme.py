"""Writes the tables and the summary of results into the README, from the records.

python -m results.readme
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from results import choice
from results.averages.__main__ import Averages
from results.collapse.__main__ import Collapse
from results.full_size.__main__ import FullSize, short_table
from results.questions import summary
from results.rates.__main__ import Rates
from results.trade_off.__main__ import TradeOff

README = Path(__file__).parents[1] / "README.md"

# Name of a block of the README -> its text.
TABLES: Mapping[str, Callable[[], str]] = {
    "results.choice": lambda: choice.table(
        TradeOff().records(), Rates().records(), Averages().records()
    ),
    "results.summary": lambda: summary(
        {Averages: Averages().records(), Collapse: Collapse().records()}
    ),
    "results.full_size": lambda: short_table(FullSize().records()),
}


def main(argv: Sequence[str]) -> None:
    """Replaces the blocks in the README."""
    del argv
    save(README, with_tables(README.read_text("utf-8")).encode())
    print(README)


def with_tables(text: str) -> str:
    """Returns a text with the blocks that the records make."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}{table()}\n{end}{after}"
    return text


if __name__ == "__main__":
    command_line.run(Command(main, lambda: None))
