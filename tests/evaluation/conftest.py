"""Small contracts whose rules a test writes, asked one at a time on evidence written as rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from compliance.audit import audit
from compliance.caching import Cache
from compliance.evidence.store import close, connect, evidence_from_rows
from compliance.linting.loading import LoadedContract, load_contract
from compliance.linting.rules import CheckedRuleSet
from compliance.model.finding import Finding

SCHEMAS = Path(__file__).resolve().parents[2] / "rules"
CONTRACT = """\
$schema: ../contract.schema.json
id: sample
title: {zh: 样例合同, en: Sample contract}
parties: {party_a: {zh: 甲方, en: Client}, party_b: {zh: 乙方, en: Supplier}}
signed_on: {value: "2026-01-10", clause: S}
service: {start: "2026-01-15", end: "2027-01-14", clause: "1"}
"""
# The modality of a provision is read off its number.
MODALITIES = {0: "must", 3: "must_not", 4: "consequence", 6: "exemption", 7: "may"}


def _register() -> str:
    lines = []
    for number in range(1, 80):
        modality = MODALITIES[max(m for m in MODALITIES if m <= number // 10)]
        lines.append(f'- {{id: P{number:03}, clause: "{number}", obligor: party_b, modality: {modality}, category: service_level,'
                     " checkability: automatic}")
    return "$schema: ../provisions.schema.json\nprovisions:\n" + "\n".join(lines) + "\n"


@dataclass(slots=True)
class Sample:
    """A loaded contract; `ask` audits some of its rules on rows of evidence."""

    loaded: LoadedContract
    backend: Any = field(default_factory=connect)
    plans: Cache = field(default_factory=Cache)

    def ask(self, rules: str | Sequence[str], as_of: str, tables: Mapping[str, Sequence[Mapping[str, object]]], *,
            columns: Mapping[str, Sequence[str]] | None = None, bad_rows: str = "stop",
            complete: Mapping[str, tuple[str | None, str | None]] | None = None, fresh: bool = False) -> list[Finding]:
        """The findings of these rules. `complete`: first and last day a table covers; `fresh`: an engine and plans of its own."""
        wanted = {rules} if isinstance(rules, str) else set(rules)
        checked = self.loaded.checked
        chosen = tuple(r for r in checked.rules if r.rule.id in wanted)
        assert {r.rule.id for r in chosen} == wanted
        backend = connect() if fresh else self.backend
        store, problems = evidence_from_rows(tables, columns, bad_rows=bad_rows, backend=backend)
        assert store is not None, problems
        for table, (first, last) in (complete or {}).items():
            known = replace(store.tables[table], complete_from=first and date.fromisoformat(first),
                            complete_to=last and date.fromisoformat(last))
            store = replace(store, tables={**store.tables, table: known})
        only = LoadedContract(self.loaded.contract, self.loaded.rule_set, CheckedRuleSet(chosen, checked.views, checked.tables))
        try:
            return list(audit(only, store, date.fromisoformat(as_of), plans=None if fresh else self.plans).findings)
        finally:
            if fresh:
                close(store)

    def one(self, rule: str, as_of: str, tables: Mapping[str, Sequence[Mapping[str, object]]], **how: Any) -> Finding:
        """The only finding of a rule."""
        [finding] = self.ask(rule, as_of, tables, **how)
        return finding

    def verdict(self, rule: str, as_of: str, tables: Mapping[str, Sequence[Mapping[str, object]]], **how: Any) -> str:
        return self.one(rule, as_of, tables, **how).verdict


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Sample]]:
    """Loads a contract from the text of its rules, and of its terms and lists."""
    made: list[Sample] = []

    def build(rules: str, terms: str = "terms: {}\n", contract: str = CONTRACT) -> Sample:
        root = tmp_path_factory.mktemp("rules")
        (root / "sample").mkdir()
        for schema in SCHEMAS.glob("*.schema.json"):
            shutil.copy(schema, root)
        texts = {"contract": contract + terms, "provisions": _register(), "rules": "$schema: ../rule-file.schema.json\n" + rules}
        for name, text in texts.items():
            (root / "sample" / f"{name}.yaml").write_text(text, encoding="utf-8")
        loaded, problems = load_contract(root, "sample")
        assert loaded is not None, [str(p) for p in problems]
        made.append(Sample(loaded))
        return made[-1]

    yield build
    for one in made:
        one.backend.disconnect()
