"""Writes the tables of docs/how-to/choose-a-method.md, from the records.

python -m results.readme
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from results import choice
from results.averages.__main__ import Averages
from results.full_size.__main__ import FullSize, short_table
from results.rates.__main__ import Rates
from results.trade_off.__main__ import TradeOff

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "choose-a-method.md"

# Name of a block of the page -> the table there.
TABLES: Mapping[str, Callable[[], str]] = {
    "results.choice": lambda: choice.table(
        TradeOff().records(), Rates().records(), Averages().records()
    ),
    "results.full_size": lambda: short_table(FullSize().records()),
}


def main(argv: Sequence[str]) -> None:
    """Replaces the tables of the page."""
    del argv
    save(PAGE, with_tables(PAGE.read_text("utf-8")).encode())
    print(PAGE)


def with_tables(text: str) -> str:
    """Returns a text with the tables of the records between their comments."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}{table()}\n{end}{after}"
    return text


if __name__ == "__main__":
    command_line.run(Command(main, lambda: None))
