"""Writes the tables and the summary of the results into the documentation, from the records.

python -m results.readme
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from results import choice
from results.averages.__main__ import Averages
from results.block_order.__main__ import BlockOrder, advice
from results.cifar10_controls.__main__ import Cifar10Controls
from results.full_size.__main__ import FullSize, short_table
from results.questions import summary
from results.rates.__main__ import Rates
from results.trade_off.__main__ import TradeOff

ROOT = Path(__file__).parents[1]

# Page -> name of a block -> its text.
PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/how-to/choose-a-method.md": {
        "results.choice": lambda: choice.table(
            TradeOff().records(), Rates().records(), Averages().records()
        ),
        "results.block_order": lambda: advice(BlockOrder().records()),
        "results.full_size": lambda: short_table(FullSize().records()),
    },
    "docs/explanation/bridges.md": {
        "results.summary": lambda: summary(
            {Averages: Averages().records(), Cifar10Controls: Cifar10Controls().records()}
        ),
    },
}


def main(argv: Sequence[str]) -> None:
    """Replaces the blocks of all pages."""
    del argv
    for name, blocks in PAGES.items():
        page = ROOT / name
        save(page, with_blocks(page.read_text("utf-8"), blocks).encode())
        print(page)


def with_blocks(text: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """Returns a text with the blocks that the records make."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}{block()}\n{end}{after}"
    return text


if __name__ == "__main__":
    command_line.run(Command(main))
