"""What is kept between runs is used only where nothing it depends on has changed, and never decides anything by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compliance import caching
from compliance.caching import Cache, key_of, open_cache
from compliance.linting.loading import load_kept_contract

RULES = Path(__file__).resolve().parents[1] / "rules"
CONTRACT = "complaints-2026"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache folder of this test alone."""
    monkeypatch.setenv("COMPLIANCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def never() -> str:
    raise AssertionError("made anew")


def filled(*keys: str, most: int = 5000) -> Cache:
    kept = open_cache("plans", most)
    for key in keys:
        kept.kept(key, lambda key=key: f"value of {key}")
    kept.save()
    return open_cache("plans", most)


def test_a_value_is_made_once_and_kept_for_the_next_run():
    assert filled("a").kept("a", never) == "value of a"


def test_another_key_is_another_value():
    kept = filled(key_of("rule", 1))
    with pytest.raises(AssertionError, match="made anew"):
        kept.kept(key_of("rule", 2), never)
    assert key_of("ab", "c") != key_of("a", "bc")


def test_other_code_begins_anew(monkeypatch):
    filled("a")
    monkeypatch.setattr(caching, "code_version", lambda: "another")
    assert open_cache("plans").values == {}


def test_those_used_last_are_kept():
    kept = filled("a", "b", "c", most=3)
    kept.kept("a", never)
    kept.kept("d", lambda: "new")
    kept.save()
    assert list(open_cache("plans", 3).values) == ["c", "a", "d"]


def test_what_did_not_change_is_not_written(folder):
    kept = filled("a")
    (folder / "plans.pickle").unlink()
    kept.kept("a", never)
    kept.save()
    assert not (folder / "plans.pickle").exists()


def test_a_file_that_names_a_function_does_not_run_it(folder, tmp_path):
    filled("a")
    made = tmp_path / "made"
    (folder / "plans.pickle").write_bytes(f"cos\nmkdir\n(S'{made}'\ntR.".encode())
    assert open_cache("plans").values == {} and not made.exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x05", b"\x80\x05N.", b"\x80\x05K\x01K\x02\x86."])
def test_a_damaged_file_is_as_good_as_none(folder, content):
    filled("a")
    (folder / "plans.pickle").write_bytes(content)
    assert open_cache("plans").values == {}


def test_a_file_that_others_can_write_is_not_opened(folder):
    filled("a")
    (folder / "plans.pickle").chmod(0o666)
    assert open_cache("plans").values == {}


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("COMPLIANCE_CACHE", str(tmp_path / "file"))
    assert filled("a").values == {}


@pytest.fixture
def rules(tmp_path):
    root = tmp_path / "rules"
    shutil.copytree(RULES / CONTRACT, root / CONTRACT)
    for schema in RULES.glob("*.json"):
        shutil.copy(schema, root)
    return root


def test_a_changed_rule_is_read_again(rules):
    first, problems = load_kept_contract(rules, CONTRACT)
    again, _ = load_kept_contract(rules, CONTRACT)
    assert problems == [] and first == again
    contract = rules / CONTRACT / "contract.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("zh: ", "zh: 新", 1), encoding="utf-8")
    changed, _ = load_kept_contract(rules, CONTRACT)
    assert changed is not None and changed.contract.title != first.contract.title


def test_a_rule_set_with_problems_is_never_kept(rules):
    load_kept_contract(rules, CONTRACT)
    broken = rules / CONTRACT / "contract.yaml"
    broken.write_text(broken.read_text(encoding="utf-8") + "surprise: 1\n", encoding="utf-8")
    for _ in range(2):
        loaded, problems = load_kept_contract(rules, CONTRACT)
        assert loaded is None and any("surprise" in str(p) for p in problems)


@pytest.mark.parametrize("name", ["/etc", "..", "../rules", f"{CONTRACT}/../{CONTRACT}", ""])
def test_a_name_that_is_no_contract_reaches_no_other_folder(rules, folder, name):
    loaded, [problem] = load_kept_contract(rules, name)
    assert loaded is None and problem.code == "unknown-contract"
    assert not folder.exists() or not list(folder.glob("**/*.rules.pickle"))
