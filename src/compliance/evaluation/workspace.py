"""The tables as they stood on the audit date, the lists of the contract and the calendar, ready to be measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from threading import RLock

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from compliance.caching import Cache
from compliance.calendar.workdays import CalendarDay, calendar_days
from compliance.evaluation.plans import Plan
from compliance.evidence.counting import count_cells
from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec
from compliance.evidence.parsing import literal, text_literal
from compliance.evidence.store import EvidenceStore, EvidenceTable
from compliance.evidence.tables import engine_table
from compliance.linting.shapes import TableShape
from compliance.model.checked import CheckedView
from compliance.model.contract import Contract, ContractList
from compliance.model.finding import EvidenceReference

_SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "decimal": "DECIMAL(18,6)", "money": "DECIMAL(18,2)",
              "date": "DATE", "boolean": "BOOLEAN", "datetime": "TIMESTAMP", "null": "VARCHAR"}


# Above this number of rows stages are not kept, and a set reports its first row and the count, not all its rows.
LARGE = 100_000
# File, sheet and row of the evidence, as columns of a large table: looking them up later is one more pass over it.
PLACE = ("_file", "_sheet", "_row")
# Above this number of rows cases are not paired with rows that no known value links to them.
PAIRED = 20_000


@dataclass(frozen=True, slots=True)
class Source:
    """A table that rules read, with what its evidence leaves open.

    `relation` has `_id`, `_doubt` and the supplied columns; that of a large evidence table with its whole key also has
    PLACE. `open` says that rows may be missing from it; `unread` are columns with cells that could not be read (marked
    by `<column>__unread`), `nullable` those with blanks.
    `complete` is the window for which it is known to be complete, where only part of the time was handed over.
    `exact_moments` are columns of moments none of which is known only to the day.
    """

    name: str
    shape: TableShape
    relation: ir.Table | None
    columns: frozenset[str]
    nullable: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    doubtful: bool = False
    open: bool = False
    complete: tuple[date | None, date | None] | None = None
    size: int = 0
    origin: str | None = None  # the evidence table, where this is one and no view
    exact_moments: frozenset[str] = frozenset()
    inexact: frozenset[str] = frozenset()  # columns of a view that are known only by bounds, or whose blankness is a column

    @property
    def supplied(self) -> bool:
        return self.relation is not None

    def state(self) -> tuple[object, ...]:
        """Everything of the table that a compiled plan depends on."""
        return (self.name, self.supplied, sorted(self.columns), sorted(self.nullable), sorted(self.unread), self.doubtful,
                self.open, self.complete, self.size > LARGE, self.size > PAIRED, self.origin,
                sorted(self.exact_moments), sorted(self.inexact))


@dataclass(slots=True)
class Workspace:
    """Everything a rule can be measured on, for one contract, evidence and audit date."""

    backend: Backend
    contract: Contract
    as_of: date
    shapes: Mapping[str, TableShape]
    plans: Cache[Plan]
    sources: dict[str, Source] = field(default_factory=dict)
    views: dict[str, CheckedView] = field(default_factory=dict)
    periods: set[str] = field(default_factory=set)  # the tables of periods that were made
    lock: RLock = field(default_factory=RLock)  # of everything here: rules are judged side by side
    places: dict[int, EvidenceReference] = field(default_factory=dict)  # the rows behind cases whose place is known already
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)  # what a statement waits for

    def on(self, backend: Backend, turn: AbstractContextManager[object]) -> Workspace:
        """The same workspace over another connection to its engine; its statements take turns where `turn` is a lock."""
        return replace(self, backend=backend, turn=turn)

    def source(self, name: str) -> Source:
        """The table of that name; one that was not supplied is open and empty."""
        return self.sources.get(name) or Source(name, self.shapes[name], None, frozenset(), open=True)

    def table(self, name: str) -> ir.Table:
        """A table of the engine."""
        return engine_table(self.backend, name)

    def run(self, statement: str) -> list[tuple]:
        with self.turn:
            return self.backend.con.execute(statement).fetchall()

    def fetch(self, expression: ir.Table) -> list[tuple]:
        """The rows of a measure as plain Python values (exact decimals, dates)."""
        return self.run(self.backend.compile(expression))


def open_workspace(store: EvidenceStore, contract: Contract, dictionary: Dictionary, shapes: Mapping[str, TableShape],
                   as_of: date, plans: Cache[Plan] | None = None) -> Workspace:
    """The workspace of an audit; the evidence stays in the engine."""
    workspace = Workspace(store.backend, contract, as_of, shapes, plans if plans is not None else Cache())
    _calendar_tables(workspace)
    workspace.run('CREATE OR REPLACE TABLE "_one" AS SELECT 1::BIGINT AS "_id"')
    for name, evidence in store.tables.items():
        workspace.sources[name] = _evidence_source(workspace, dictionary.tables[name], evidence)
    for name, listed in contract.lists.items():
        workspace.sources[name] = _list_source(workspace, listed)
    workspace.sources["days"] = Source("days", shapes["days"], workspace.table("days"), frozenset({"day", "is_workday"}))
    return workspace


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _day(day: date) -> str:
    return f"DATE {literal(day)}"


def make_table(workspace: Workspace, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """A small table of values that were computed or written by us."""
    spelled = ", ".join(f"{_quoted(c)} {_SQL_TYPES[t]}" for c, t in columns.items())
    workspace.run(f"CREATE OR REPLACE TABLE {_quoted(name)} ({spelled})")
    listed = [tuple(r) for r in rows]
    if listed:
        # A list for each column, unnested side by side: the engine takes long for many statements of one row.
        lists = ", ".join(f"unnest([{', '.join(map(literal, values))}]::{_SQL_TYPES[t]}[])"
                          for t, values in zip(columns.values(), zip(*listed, strict=True), strict=True))
        workspace.run(f"INSERT INTO {_quoted(name)} SELECT {lists}")


def _calendar_tables(workspace: Workspace) -> None:
    """`_calendar` answers questions about a day, `_workdays` gives the n-th working day, `days` is what rules name.

    The calendar does not change while a process runs, so a connection builds it once.
    """
    names = {r[0] for r in workspace.run("SELECT table_name FROM duckdb_tables() WHERE table_name = '_calendar'")}
    if names:
        return
    days = calendar_days()
    workspace.run("CREATE TABLE _calendar (day DATE, is_workday BOOLEAN, work_before BIGINT, next_workday DATE,"
                  " provisional BOOLEAN)")
    workspace.run(_calendar_values(days))
    workspace.run("CREATE TABLE _workdays AS SELECT work_before AS no, day, provisional FROM _calendar WHERE is_workday")
    workspace.run("CREATE TABLE days AS SELECT row_number() OVER (ORDER BY day) AS _id, FALSE AS _doubt, day,"
                  " is_workday FROM _calendar")


def _calendar_values(days: Sequence[CalendarDay]) -> str:
    """The calendar as one statement over the list of rest days: the counts follow from them."""
    first, last = days[0].day, days[-1].day
    provisional = ", ".join(str(y) for y in sorted({d.day.year for d in days if d.provisional}))
    following = days[-1].next_workday
    resting = text_literal(",".join(d.day.isoformat() for d in days if not d.is_workday))
    return f"""
        INSERT INTO _calendar
        SELECT day, working, coalesce(sum(working::BIGINT) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0),
               coalesce(min(CASE WHEN working THEN day END) OVER (ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
                        {_day(following)}),
               year(day) IN ({provisional or 0})
        FROM (SELECT day, rest IS NULL AS working
              FROM (SELECT unnest(generate_series({_day(first)}, {_day(last)}, INTERVAL 1 DAY))::DATE AS day)
              LEFT JOIN (SELECT unnest(string_split({resting}, ',')::DATE[]) AS rest) ON rest = day)"""


def _evidence_source(workspace: Workspace, spec: TableSpec, evidence: EvidenceTable) -> Source:
    """The view of an evidence table on the audit date (CONVENTIONS, Evidence)."""
    supplied = [c for c in spec.columns if c.name in evidence.columns]
    name, counts, doubtful = f"asof_{spec.name}", evidence.counts, evidence.rejected > 0
    later = {c for c, day in counts.latest.items() if day is not None and day > workspace.as_of}
    _make_view(workspace, name, f"raw_{spec.name}", spec, evidence, later)
    if later:
        counts = count_cells(workspace.run, _quoted(name), supplied)
        doubtful = doubtful and bool(workspace.run(f'SELECT 1 FROM {_quoted(name)} WHERE "_doubt" LIMIT 1'))
    nullable = frozenset(c for c, n in counts.filled.items() if n < counts.rows)
    exact_moments = frozenset(c.name for c in supplied if c.type == "datetime") - counts.to_day
    complete = (evidence.complete_from, evidence.complete_to)
    contract = workspace.contract
    since = min(contract.signed_on or contract.service_start, contract.service_start)
    partial = ((complete[0] is not None and complete[0] > since)
               or (complete[1] is not None and complete[1] < workspace.as_of))
    return Source(spec.name, workspace.shapes[spec.name], workspace.table(name), frozenset(c.name for c in supplied),
                  nullable, evidence.bad_columns, doubtful, partial, complete if partial else None, counts.rows, spec.name, exact_moments)


def _make_view(workspace: Workspace, name: str, raw: str, spec: TableSpec, evidence: EvidenceTable, later: Set[str]) -> None:
    """The table without what was recorded or happened after the audit date; nothing is asked where nothing is later."""
    day = _day(workspace.as_of)
    supplied = [c for c in spec.columns if c.name in evidence.columns]
    large = evidence.counts.rows > LARGE
    place = PLACE if large and {*spec.primary_key} <= {c.name for c in supplied} else ()
    selected = ['"_id"', '"_doubt"', *place, *(_column_as_of(c, day) if c.name in later else _quoted(c.name) for c in supplied)]
    for i, column in enumerate(spec.columns):
        if column.name in evidence.bad_columns:
            selected.append(f'(("_bad" >> {i}) & 1::HUGEINT) = 1 AS {_quoted(column.name + "__unread")}')
    conditions = []
    if "recorded_on" in later:
        conditions.append(f'("recorded_on" IS NULL OR "recorded_on" <= {day})')
    events = [c.name for c in supplied if c.is_event_date]
    if later.intersection(events):
        some = " OR ".join(f"{_quoted(c)} IS NOT NULL" for c in events)
        past = " OR ".join(f"CAST({_quoted(c)} AS DATE) <= {day}" for c in events)
        conditions.append(f"(NOT ({some}) OR coalesce({past}, FALSE))")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # Few rows are kept as they are seen: every statement that reads a view has to plan the view besides.
    kind = "VIEW" if large else "TABLE"
    workspace.run(f'CREATE OR REPLACE {kind} {_quoted(name)} AS SELECT {", ".join(selected)} FROM {_quoted(raw)}{where}')


def _column_as_of(column: ColumnSpec, day: str) -> str:
    """An event date after the audit date is read as blank; dates set in advance are always read."""
    name = _quoted(column.name)
    if not column.is_event_date:
        return name
    return f"CASE WHEN CAST({name} AS DATE) <= {day} THEN {name} END AS {name}"


def _list_source(workspace: Workspace, listed: ContractList) -> Source:
    name = f"list_{listed.name}"
    columns = {"_id": "integer", "_doubt": "boolean", **listed.columns}
    rows = [[i, False, *(row[c] for c in listed.columns)] for i, row in enumerate(listed.rows, start=1)]
    make_table(workspace, name, columns, rows)
    nullable = frozenset(c for c in listed.columns if any(row[c] is None for row in listed.rows))
    return Source(listed.name, workspace.shapes[listed.name], workspace.table(name), frozenset(listed.columns), nullable,
                  size=len(listed.rows))
