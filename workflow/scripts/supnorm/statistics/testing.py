"""The program that tests a study's claims on a run's tables, and makes its part of the ledger."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from supnorm.job.commands import Program
from supnorm.statistics.claims import Claim, tabulate_claims
from supnorm.statistics.ledger import Entry, tabulate_ledger
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import Schema, read_table, write_table


def tabulate(
    program: tuple[str, str],
    argv: list[str],
    study: str,
    claims: Sequence[Claim],
    ledger: Sequence[Entry],
    schemas: Mapping[str, Schema],
    settings: Sequence[str] = (),
    select: Callable[[pd.DataFrame, Mapping], pd.DataFrame] = lambda table, _: table,
) -> None:
    """Write a row for each case of a claim, and for each entry of the ledger, that tables cover.

    `program` is its description and its file, `schemas` has the tables that both read, and
    `settings` are keys of config.yaml, which both know by their last part. Of a table they see the
    rows that `select` returns.
    """
    parser = Program(*program)
    for name, schema in schemas.items():
        parser.reads(name, help=schema.row)
    for key in settings:
        parser.setting(key)
    parser.writes("claims", help="Parquet table to write")
    parser.writes("ledger", help="Parquet table to write")
    a = parser.parse_args(argv)
    given = {name: getattr(a, name) for name in (key.rpartition(".")[2] for key in settings)}
    tables = {
        name: select(read_table(getattr(a, name), schema.columns), given)
        for name, schema in schemas.items()
    }
    write_table(a.claims, tabulate_claims(study, claims, tables, given), CLAIMS, a.job)
    write_table(a.ledger, tabulate_ledger(study, ledger, tables, given), LEDGER, a.job)
    a.job.write_record()
