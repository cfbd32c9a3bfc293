"""What a name on the command line stands for: a table or protocol by its id or file, a row or a rule by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from rtcheck.document import closest, read_document
from rtcheck.errors import UsageError
from rtcheck.protocol import Protocol, Table
from rtcheck.report.constraints import Listed, ListedRule, kind_of, rows_of, rules_of
from rtcheck.tables import all_tables, load_protocol, load_table, protocol_ids, shipped_protocols, table_ids
from rtcheck.tables.paths import SUFFIXES, protocol_path, table_path

#: So many near ids are offered for one that doesn't exist.
_OFFERED = 3
TableOption = Annotated[
    list[str] | None, typer.Option("--table", help="id or file of a table or protocol; repeatable", show_default=False)
]


@dataclass(frozen=True)
class Named:
    """Tables and protocols that were named, or all that are shipped.

    Attributes
    ----------
    tables : callable
        Reads the tables: who looks for a rule needs none of them.
    protocols : tuple of Protocol
    files : mapping of str to str
        The name that each was given, by its id; empty for shipped ones.
    """

    tables: Callable[[], Iterable[Table]]
    protocols: tuple[Protocol, ...]
    files: dict[str, str]

    @cached_property
    def rows(self) -> tuple[Listed, ...]:
        """The rows of the tables, and those that the protocols hold themselves."""
        return rows_of(self.tables(), self.protocols)

    @property
    def rules(self) -> tuple[ListedRule, ...]:
        """The rules of the protocols."""
        return rules_of(self.protocols)

    def row(self, row_id: str) -> Listed | None:
        """The row of an id."""
        return next((listed for listed in self.rows if listed.row.id == row_id), None)

    def rule(self, rule_id: str) -> ListedRule | None:
        """The rule of an id."""
        return next((listed for listed in self.rules if listed.rule.id == rule_id), None)

    def with_dose_rule(self, rule_id: str) -> Protocol | None:
        """The protocol whose dose rule is called so."""
        return next((one for one in self.protocols if one.bed and one.bed.source.row == rule_id), None)

    def beside(self, one: Listed) -> tuple[tuple[Listed, ...], Path]:
        """All rows of a row's table, and the table's file."""
        file = path_of(self.files.get(one.table, one.table))
        return tuple(other for other in self.rows if other.table == one.table), file

    def missing(self, wanted: str) -> UsageError:
        """Why nothing is called so, with what is near."""
        known = [*(one.row.id for one in self.rows), *(one.rule.id for one in self.rules), *protocol_ids()]
        hint = closest(wanted, known, most=_OFFERED)
        where = "; name its table or protocol with --table" if not self.files and not hint else ""
        return UsageError(f"no row is called {wanted!r}, and no rule{hint}{where}")


def named(names: Sequence[str]) -> Named:
    """Tables and protocols by their names; of none given, all that are shipped.

    Raises
    ------
    UsageError, InputError, TableError
        Where nothing is called so, or a file can't be read.
    """
    if not names:
        return Named(all_tables, shipped_protocols(), {})
    found = [table_or_protocol(name) for name in names]
    tables = [one for one in found if isinstance(one, Table)]
    protocols = tuple(one for one in found if isinstance(one, Protocol))
    return Named(lambda: tables, protocols, {one.id: name for one, name in zip(found, names, strict=True)})


def table_or_protocol(name: str) -> Table | Protocol:
    """What has rows and is called so: a shipped table, a shipped protocol, or a file of either kind.

    Raises
    ------
    UsageError, InputError, TableError
        Where nothing is called so, or the file can't be read.
    """
    return protocol_named(name) or load_table(name)


def protocol_named(name: str) -> Protocol | None:
    """A shipped protocol, or the file of one; None for the name of anything else.

    Raises
    ------
    InputError, TableError
        Where the file can't be read.
    """
    if name not in table_ids() and (name in protocol_ids() or _is_protocol(name)):
        return load_protocol(name)
    return None


def path_of(name: str) -> Path:
    """The file of a table or protocol, shipped or not."""
    return protocol_path(name) if name in protocol_ids() else table_path(name)


def _is_protocol(name: str) -> bool:
    path = Path(name)
    return path.suffix in SUFFIXES and path.is_file() and kind_of(read_document(path)) == "protocol"
