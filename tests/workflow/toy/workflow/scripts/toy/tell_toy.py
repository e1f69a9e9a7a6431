"""Write what the study adds to the summary of a run, and its findings for the document."""

from supnorm.toy.tables.squares import SQUARES

from supnorm.findings import write_findings
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.pages import markdown
from supnorm.tables.schema import read_table


def main(argv: list[str]) -> None:
    """Write both."""
    parser = Program(__doc__, __file__)
    parser.reads("squares", help=SQUARES.row)
    parser.writes("summary", help="Markdown file to write")
    parser.writes("findings", help="JSON to write")
    a = parser.parse_args(argv)
    squares = read_table(a.squares, SQUARES.columns)
    with appearing(a.summary) as temporary:
        temporary.write_text(f"## Squares\n\n{markdown(squares)}\n")
    numbers = {"points": len(squares), "largest": squares["square"].max()}
    write_findings(a.findings, "toy", numbers)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
