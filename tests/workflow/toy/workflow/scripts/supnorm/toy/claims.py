"""The claim of the study toy."""

from collections.abc import Iterator, Mapping

from supnorm.statistics.claims import Claim, Finding, Tables


def largest(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
    """Yield the largest square, beside the number of which it is."""
    squares = tables["squares"]
    yield Finding(f"{settings['points']} points", squares["square"].max(), squares["number"].max())


CLAIMS = (
    Claim(
        name="toy_grows",
        statement="Squares of whole numbers are not smaller than the numbers",
        quantity="largest square",
        relation=">=",
        tables="squares",
        source="none",
        figure="rates",
        find=largest,
    ),
)
