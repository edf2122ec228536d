"""The engine and the plain fixpoint infer the same, and what they infer is what the words mean."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.effects import chain, engine, fixpoint
from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome

PROVISIONS = st.sampled_from([f"P{i:03}" for i in range(6)])
LINKS = st.sampled_from(["", "1", "2"])


@st.composite
def tables(draw):
    outcomes = [Outcome(i, draw(PROVISIONS), draw(LINKS), draw(st.sampled_from(["breach", "arisen", "doubt"])))
                for i in range(draw(st.integers(0, 7)))]
    rules = {f"rule-{i}": draw(PROVISIONS) for i in range(4)}
    dependencies = []
    for rule in rules:
        mode, linked, sure = draw(st.sampled_from(["any", "all"])), draw(st.booleans()), draw(st.booleans())
        dependencies += [Dependency(rule, source, linked, mode, sure)
                         for source in draw(st.lists(PROVISIONS, min_size=1, max_size=3, unique=True))]
    candidates = []
    for i in range(draw(st.integers(0, 6))):
        rule = draw(st.sampled_from(sorted(rules)))
        candidates.append(Candidate(100 + i, rule, rules[rule], draw(LINKS), draw(st.sampled_from(["met", "doubt"]))))
    excuses = draw(st.lists(st.builds(Excuse, PROVISIONS, PROVISIONS, st.booleans()), max_size=3, unique=True))
    return outcomes, candidates, dependencies, excuses


@settings(max_examples=2000, deadline=None)
@given(tables())
def test_engine_and_fixpoint_agree(table):
    assert engine.infer(*table) == fixpoint.infer(*table) == chain.infer(*table, {})


def infer(outcomes, candidates, dependencies, excuses=()):
    return chain.infer(outcomes, candidates, dependencies, excuses, {})


def test_any_needs_one_source_and_all_needs_each():
    outcomes = [Outcome(1, "P001", "", "breach")]
    candidates = [Candidate(2, "any", "P010", "", "met"), Candidate(3, "all", "P011", "", "met")]
    dependencies = [Dependency(r, s, False, r) for r in ("any", "all") for s in ("P001", "P002")]
    assert infer(outcomes, candidates, dependencies) == Inferred({2: (1,)}, {}, {})
    both = [*outcomes, Outcome(4, "P002", "", "arisen")]
    assert infer(both, candidates, dependencies).arisen == {2: (1, 4), 3: (1, 4)}


def test_linked_sources_must_have_the_same_link():
    candidates = [Candidate(2, "r", "P010", "2", "met"), Candidate(3, "r", "P010", "1", "met")]
    assert infer([Outcome(1, "P001", "1", "breach")], candidates, [Dependency("r", "P001", True, "any")]).arisen == {3: (1,)}


def test_a_consequence_follows_from_a_consequence():
    candidates = [Candidate(2, "penalty", "P010", "", "met"), Candidate(3, "termination", "P011", "", "met")]
    dependencies = [Dependency("penalty", "P001", False, "any"), Dependency("termination", "P010", False, "any")]
    assert infer([Outcome(1, "P001", "", "breach")], candidates, dependencies).arisen == {2: (1,), 3: (2,)}


def test_a_doubt_makes_the_consequence_doubtful_unless_only_sure_sources_count():
    outcomes = [Outcome(1, "P001", "", "doubt")]
    candidates = [Candidate(2, "r", "P010", "", "met")]
    assert infer(outcomes, candidates, [Dependency("r", "P001", False, "any")]) == Inferred({}, {2: (1,)}, {})
    assert infer(outcomes, candidates, [Dependency("r", "P001", False, "any", True)]) == Inferred({}, {}, {})


def test_an_excused_breach_triggers_nothing():
    outcomes = [Outcome(1, "P001", "1", "breach"), Outcome(2, "P020", "1", "arisen")]
    candidates = [Candidate(3, "penalty", "P010", "1", "met")]
    found = infer(outcomes, candidates, [Dependency("penalty", "P001", False, "any")], [Excuse("P020", "P001", True)])
    assert found == Inferred({}, {}, {1: (2,)})


def test_a_doubtful_exemption_excuses_nothing():
    outcomes = [Outcome(1, "P001", "1", "breach"), Outcome(2, "P020", "1", "doubt")]
    assert infer(outcomes, [], [], [Excuse("P020", "P001", True)]).excused == {}


def test_a_circle_comes_to_an_end():
    candidates = [Candidate(1, "a", "P001", "", "met"), Candidate(2, "b", "P002", "", "met")]
    dependencies = [Dependency("a", "P002", False, "any"), Dependency("b", "P001", False, "any")]
    assert infer([], candidates, dependencies) == Inferred({}, {}, {})


def test_a_disagreement_stops_the_audit(monkeypatch):
    monkeypatch.setattr(fixpoint, "infer", lambda *_: Inferred({9: (1,)}, {}, {}))
    with pytest.raises(chain.ChainDisagreement, match="9: engine None, fixpoint"):
        infer([Outcome(1, "P001", "", "breach")], [Candidate(2, "r", "P010", "", "met")], [Dependency("r", "P001", False, "any")])


def test_the_engine_refuses_what_it_would_lose():
    with pytest.raises(engine.EngineFault, match="cannot hold link"):
        engine.infer([Outcome(1, "P001", 1.5, "breach")], [], [], [])
