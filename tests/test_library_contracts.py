"""What the libraries do behind our back, one test a behaviour: an upgrade that changes one of them is seen here first.

A test that fails asks for a look at the code that lives with the behaviour, not for a new expected value.
"""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import nbformat
import pandas as pd
import pandera.errors
import pandera.ibis as pa
import pandera.pandas
import pytest
from chinese_calendar import is_workday
from durable.engine import Host, MessageNotHandledException
from jinja2 import Environment, StrictUndefined, UndefinedError
from openpyxl import Workbook, load_workbook
from papermill.cli import _resolve_type
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from sqlglot import exp

from compliance.batch.engine import NotebookFault, run_notebook
from compliance.linting.grammar import parse


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        yield connection


def one(engine, sql: str) -> object:
    return engine.execute(sql).fetchone()[0]


# Exact numbers and unknown values


def test_a_literal_without_a_type_is_cut_to_three_decimals():
    backend = ibis.duckdb.connect()
    assert backend.execute(ibis.literal(Decimal("0.0005"))) == Decimal("0.001")
    assert backend.execute(ibis.literal(Decimal("0.0003"))) == 0
    assert backend.execute(ibis.literal(Decimal("0.0005"), type="decimal(38,6)")) == Decimal("0.0005")


def test_nothing_divided_by_nothing_is_above_every_limit(engine):
    assert one(engine, "SELECT 0/0 >= 0.95") is True


def test_the_mean_of_decimals_is_a_binary_number(engine):
    assert one(engine, "SELECT typeof(avg(x)) FROM (SELECT 1.1::DECIMAL(10,2) AS x)") == "DOUBLE"
    assert one(engine, "SELECT typeof(sum(x)) FROM (SELECT 1.1::DECIMAL(10,2) AS x)").startswith("DECIMAL")


def test_else_is_taken_where_the_condition_is_unknown(engine):
    assert one(engine, "SELECT CASE WHEN NULL::INT < 1 THEN 'breach' ELSE 'compliant' END") == "compliant"


# Files of evidence


def test_the_sniffer_skips_what_it_takes_for_a_preamble(engine, tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;2\n3;4\nk,v,w\n1,2,3\n4,5,6\n7,8,9\n", encoding="utf-8")
    rows = engine.execute("SELECT * FROM read_csv('a.csv', all_varchar=true)").fetchall()
    assert rows[0] == ("1", "2", "3") and len(rows) == 3


def test_a_pinned_read_keeps_every_line_and_does_not_look_at_the_header(engine, tmp_path):
    (tmp_path / "a.csv").write_text("v,k\n#1,2\n# 3,4\n", encoding="utf-8")
    rows = engine.execute("SELECT * FROM read_csv('a.csv', auto_detect=false, header=true, delim=',', quote='\"', escape='\"', comment='',"
                          " skip=0, columns={'k': 'VARCHAR', 'v': 'VARCHAR'})")
    assert [d[0] for d in rows.description] == ["k", "v"], "the names are ours although the file has them the other way round"
    assert rows.fetchall() == [("#1", "2"), ("# 3", "4")]


def test_a_folder_name_with_an_equals_sign_overwrites_a_column(engine, tmp_path):
    (tmp_path / "status=closed").mkdir()
    (tmp_path / "status=closed" / "x.csv").write_text("k,status\n1,open\n", encoding="utf-8")
    assert one(engine, "SELECT status FROM read_csv('status=closed/x.csv')") == "closed"
    assert one(engine, "SELECT status FROM read_csv('status=closed/x.csv', hive_partitioning=false)") == "open"


def test_a_file_name_is_a_pattern(engine, tmp_path):
    (tmp_path / "data1.csv").write_text("k\n1\n", encoding="utf-8")
    (tmp_path / "data[1].csv").write_text("k\n2\n", encoding="utf-8")
    assert one(engine, "SELECT k FROM read_csv('data[1].csv')") == 1


def test_forged_statistics_hide_rows_until_the_table_is_copied(engine, tmp_path):
    engine.execute("COPY (SELECT range::INT AS x FROM range(1, 1001)) TO 'p.parquet' (FORMAT parquet)")
    raw = (tmp_path / "p.parquet").read_bytes()
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    forged = raw[:footer] + raw[footer:].replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert forged != raw
    (tmp_path / "q.parquet").write_bytes(forged)
    assert one(engine, "SELECT count(*) FROM 'q.parquet' WHERE x > 900") == 0
    engine.execute("CREATE TABLE copied AS SELECT * FROM 'q.parquet'")
    assert one(engine, "SELECT count(*) FROM copied WHERE x > 900") == 100


def test_a_database_that_is_opened_redefines_functions_and_one_that_is_attached_does_not(engine):
    with duckdb.connect("evidence.duckdb") as hostile:
        hostile.execute("CREATE MACRO abs(x) AS 42; CREATE TABLE t AS SELECT -1 AS x")
        assert one(hostile, "SELECT abs(x) FROM t") == 42
    engine.execute("ATTACH 'evidence.duckdb' AS evidence (READ_ONLY)")
    assert one(engine, "SELECT abs(x) FROM evidence.t") == 1


def test_an_engine_that_was_locked_reads_no_file_and_stays_locked(engine, tmp_path):
    (tmp_path / "a.csv").write_text("k\n1\n", encoding="utf-8")
    engine.execute("SET enable_external_access=false")
    engine.execute("SET lock_configuration=true")
    with pytest.raises(duckdb.PermissionException):
        engine.execute("SELECT * FROM read_csv('a.csv')")
    with pytest.raises(duckdb.InvalidInputException):
        engine.execute("SET threads=1")


def test_a_text_cell_that_looks_like_a_formula_is_one_unless_it_is_said_to_be_text(tmp_path):
    book = Workbook()
    book.active["A1"], book.active["A2"] = "=1+1", "=1+1"
    assert book.active["A1"].data_type == "f"
    book.active["A2"].data_type = "s"
    book.save(tmp_path / "x.xlsx")
    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert (sheet["A1"].data_type, sheet["A2"].data_type, sheet["A2"].value) == ("f", "s", "=1+1")


# pandera


def faults(schema: pa.DataFrameSchema, sql: str) -> pd.DataFrame | None:
    backend = ibis.duckdb.connect()
    try:
        schema.validate(backend.create_table("t", backend.sql(sql)), lazy=True)
    except pandera.errors.SchemaErrors as found:
        return found.failure_cases
    return None


def test_coercion_makes_true_of_no_and_cuts_numbers():
    schema = pandera.pandas.DataFrameSchema({"a": pandera.pandas.Column(bool, coerce=True), "b": pandera.pandas.Column(int, coerce=True)})
    made = schema.validate(pd.DataFrame({"a": ["否", "False"], "b": [1.9, 1.1]}))
    assert made["a"].tolist() == [True, True] and made["b"].tolist() == [1, 1]


def test_a_unique_column_is_not_enforced_and_a_unique_schema_is():
    twice = "SELECT 'x' AS k UNION ALL SELECT 'x'"
    assert faults(pa.DataFrameSchema({"k": pa.Column(str, unique=True)}), twice) is None
    assert faults(pa.DataFrameSchema({"k": pa.Column(str)}, unique=["k"]), twice) is not None


def test_a_bound_of_four_decimals_is_rounded():
    schema = pa.DataFrameSchema({"r": pa.Column(dt.Decimal(38, 6), pa.Check.ge(Decimal("0.0004")))})
    assert faults(schema, "SELECT 0.0001::DECIMAL(38,6) AS r") is None


def test_a_fault_has_no_row_number_and_every_column_is_called_failure_case():
    found = faults(pa.DataFrameSchema({"x": pa.Column(int, pa.Check.le(10))}), "SELECT 5::BIGINT AS x UNION ALL SELECT 500")
    assert found is not None and found["column"].tolist() == ["failure_case"]
    blank = faults(pa.DataFrameSchema({"k": pa.Column(str, nullable=False)}), "SELECT NULL::VARCHAR AS k UNION ALL SELECT 'a'")
    assert blank is not None and blank["index"].tolist() == [None], "a blank cell is reported without its row"


def test_no_environment_variable_switches_our_validation_off(tmp_path):
    (tmp_path / "payments.csv").write_text("payment_no,purpose,payer,amount,paid_on\nP1,instalment,party_a,-5,2026-01-20\n"
                                           "P1,instalment,party_a,5,2026-01-20\n", encoding="utf-8")
    code = ("import sys; from compliance.evidence.check import check_evidence; "
            "print(sorted({p.code for p in check_evidence(sys.argv[1])[1]}))")
    runs = [subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, timeout=60,
                           env={**os.environ, **off}).stdout
            for off in ({}, {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"})]
    assert runs[0] == runs[1] and "evidence-" in runs[0]


# Notebooks and figures


def notebook(folder: Path, *sources: str, tag: str | None = "parameters") -> Path:
    cells = [nbformat.v4.new_code_cell(s, metadata={"tags": [tag]} if tag and i == 0 else {}) for i, s in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), str(folder / "x.ipynb"))
    return folder / "x.ipynb"


def test_papermill_makes_numbers_of_identifiers():
    assert _resolve_type("00123") == 123


@pytest.mark.parametrize("tag", ["parameters", None])
def test_papermill_takes_a_parameter_the_notebook_does_not_have(tmp_path, tag):
    node = load_notebook_node(str(notebook(tmp_path, "contract = 'a'", tag=tag)))
    made = parameterize_notebook(node, {"contrakt": "b"})
    assert "contract = 'a'" in [c.source for c in made.cells] and any('contrakt = "b"' in c.source for c in made.cells)


def test_papermill_writes_the_name_of_a_parameter_as_code(tmp_path):
    made = parameterize_notebook(load_notebook_node(str(notebook(tmp_path, "a = 1"))), {"x = print('run'); y": 1})
    assert any("x = print('run'); y = 1" in c.source for c in made.cells)


@pytest.mark.parametrize(("sources", "parameters"), [
    (("a = 1", "print('audit complete')"), {"b": 1}), (("a = 1", "print('audit complete')"), {"a = 2; b": 1}),
    (("a = 1", "print('stopped half way')"), {"a": 2}), (("a = 1", "raise ValueError('no')", "print('audit complete')"), {"a": 2})],
    ids=["unknown parameter", "code as a name", "no token", "cell that raises"])
def test_our_way_to_run_a_notebook_has_none_of_these(tmp_path, sources, parameters):
    with pytest.raises(NotebookFault):
        run_notebook(notebook(tmp_path, *sources), tmp_path / "done.ipynb", parameters)


def test_nothing_of_ours_draws_with_pyplot_whose_state_a_fork_would_lose():
    code = ("import sys, compliance.reporting.html, compliance.reporting.figures; from matplotlib.figure import Figure; "
            "Figure().add_subplot(); print('matplotlib.pyplot' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"


# Rules, report, legal chaining, calendar


def test_yaml_is_read_as_version_1_2_and_a_repeated_key_is_refused():
    assert YAML(typ="safe").load("{a: '12:30', b: yes}") == {"a": "12:30", "b": "yes"}
    assert YAML(typ="safe").load("a: 12:30\nb: 0123\n") == {"a": "12:30", "b": 123}
    with pytest.raises(DuplicateKeyError):
        YAML(typ="safe").load("a: 1\na: 2\n")


@pytest.mark.parametrize("word", ["current_date", "current_timestamp", "localtime", "interval", "user", "select", "date", "count", "row",
                                  "any"])
def test_a_word_of_sql_is_a_plain_name_to_our_parser(word):
    assert isinstance(parse(word), exp.Column)


@pytest.mark.parametrize("call", ["now()", "random()", "count(a)", "coalesce(a, b)", "min(a, b)", "year(a)", "upper(a)", "date('x')"])
def test_every_call_is_an_unknown_function_to_our_parser(call):
    assert type(parse(call)) is exp.Anonymous


def test_precedence_of_not_and_or_is_that_of_sql():
    tree = parse("not a = 1 or b = 1 and c = 1")
    assert isinstance(tree, exp.Or) and isinstance(tree.this, exp.Not) and isinstance(tree.expression, exp.And)


def test_a_template_escapes_and_a_name_that_is_missing_is_an_error():
    made = Environment(autoescape=True, undefined=StrictUndefined)
    assert made.from_string("{{ x }}").render(x="<b>\"'&") == "&lt;b&gt;&#34;&#39;&amp;"
    with pytest.raises(UndefinedError):
        made.from_string("{{ x }}").render()


class Counting(Host):
    """An engine with one rule that notes the facts it sees."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.seen: list[str] = []
        self.fault = fault
        super().__init__()
        self.set_rulesets({"r": {"note": {"all": [{"m": {"kind": "known"}}], "run": "note"}}})

    def _run(self) -> None:
        return

    def get_action(self, name):
        def note(context) -> None:
            self.seen.append(context.m["id"])
            if self.fault:
                raise self.fault
        return note


def test_facts_with_their_own_id_are_all_seen_and_one_without_a_rule_raises():
    host = Counting()
    for number in range(3):
        host.assert_fact("r", {"sid": "1", "id": str(number), "kind": "known"})
    assert host.seen == ["0", "1", "2"]
    with pytest.raises(MessageNotHandledException):
        host.assert_fact("r", {"sid": "1", "id": "9", "kind": "unknown"})


def test_the_engine_swallows_what_an_action_raises():
    host = Counting(ValueError("lost"))
    host.assert_fact("r", {"sid": "1", "id": "1", "kind": "known"})
    assert host.seen == ["1"] and "lost" in str(host.get_state("r", "1")["exception"])


def test_the_calendar_package_refuses_a_year_without_a_notice():
    """Its own answer to a year that is not published yet: our pinned calendar relies on it never guessing."""
    with pytest.raises(NotImplementedError):
        is_workday(pd.Timestamp("2040-01-02").date())
