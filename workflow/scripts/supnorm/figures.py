"""What a program that draws shares with the others: its outputs, its caption, and its record."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from supnorm.outputs import appearing
from supnorm.provenance import write_record


@dataclass(frozen=True)
class Drawing:
    """A figure to be saved: where, and what it came from."""

    pdf: Path
    png: Path
    caption: Path
    record: Path
    code: Sequence[Path]
    tables: Mapping[str, Path]

    def save(self, figure: Figure, caption: str) -> None:
        """Write the figure as PDF and PNG, its caption as text, and the record of both.

        Dates are left out, so that the same inputs give the same bytes.
        """
        for path, metadata in ((self.pdf, {"CreationDate": None}), (self.png, {})):
            with appearing(path) as temporary:
                figure.savefig(temporary, metadata=metadata)
        with appearing(self.caption) as temporary:
            temporary.write_text(caption + "\n")
        outputs = (self.pdf, self.png, self.caption)
        rule = Path(self.code[0]).stem
        write_record(self.record, rule, self.code, self.tables.values(), outputs, {})


def parse_drawing(description: str, tables: Mapping[str, str], argv: list[str]) -> Drawing:
    """Return what the command line of a drawing program says.

    `tables` says of each input table, by option name, what it is.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, meaning in tables.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    for name in ("pdf", "png", "caption", "record"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"{name} to write")
    parser.add_argument(
        "--code", type=Path, nargs="+", required=True, help="program and library, for the record"
    )
    given = vars(parser.parse_args(argv))
    return Drawing(tables={name: given.pop(name) for name in tables}, **given)
