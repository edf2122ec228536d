"""The one module that imports durable-rules: the legal chaining in its engine, inside the envelope where it is safe.

The engine only joins by equality and derives facts. Facts are kinds of small records of text, booleans and whole
numbers, each with an explicit id; what was recorded is checked after every run, and nothing is left in the engine.

    outcome    a decided case, or a consequence that has arisen in this run; `sure` False where it is in doubt
    need       step `at` of what a rule needs: an outcome of `source`; after the last step the candidate arises
    step       a candidate that waits at a step
    excuse, held, breach   the exemptions that have arisen, and the breaches they excuse
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from durable.engine import Host

from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome

_Fact = dict[str, str | int | bool]
_Reasons = dict[int, tuple[int, ...]]
_RULES = "effects"
_FUEL = 2_000_000
_LIMIT = 2**53


class EngineFault(RuntimeError):
    """The engine lost a fact, ran out of fuel or swallowed an error; no verdict rests on such a run."""


def _pattern(linked: bool, sure: bool) -> list[dict[str, Any]]:
    """need, step of a candidate, and the outcome that satisfies it, joined by equality."""
    outcome: list[dict[str, Any]] = [{"kind": "outcome"}, {"provision": {"d": "source"}}]
    if sure:
        outcome.append({"sure": True})
    if linked:
        outcome.append({"link": {"w": "link"}})
    return [{"d": {"$and": [{"kind": "need"}, {"linked": linked}, {"only_sure": sure}]}},
            {"w": {"$and": [{"kind": "step"}, {"rule": {"d": "rule"}}, {"at": {"d": "at"}}]}}, {"o": {"$and": outcome}}]


def _excusing(linked: bool) -> list[dict[str, Any]]:
    breach: list[dict[str, Any]] = [{"kind": "breach"}, {"provision": {"e": "duty"}}]
    if linked:
        breach.append({"link": {"h": "link"}})
    return [{"e": {"$and": [{"kind": "excuse"}, {"linked": linked}]}},
            {"h": {"$and": [{"kind": "held"}, {"provision": {"e": "exemption"}}]}}, {"b": {"$and": breach}}]


_RULE_SET: dict[str, Any] = {
    **{f"support_{linked}_{sure}": {"all": _pattern(linked, sure), "run": "support"}
       for linked in (True, False) for sure in (True, False)},
    **{f"excuse_{linked}": {"all": _excusing(linked), "run": "excuse"} for linked in (True, False)},
    "sink": {"pri": 100, "all": [{"m": {"$ex": {"kind": 1}}}], "run": "sink"}}


@dataclass(slots=True)
class _Run:
    """What one run of the engine has recorded."""

    sid: str
    sure_candidates: frozenset[int]
    asserted: int = 0
    seen: int = 0
    fired: int = 0
    steps: set[tuple[int, int]] = field(default_factory=set)
    arisen: set[int] = field(default_factory=set)
    supports: dict[int, set[int]] = field(default_factory=dict)
    excused: dict[int, set[int]] = field(default_factory=dict)
    fault: BaseException | None = None


class _ChainHost(Host):
    """A host without background threads, whose actions are ours."""

    def __init__(self) -> None:
        self.run: _Run | None = None
        super().__init__()
        self.set_rulesets({_RULES: _RULE_SET})

    def _run(self) -> None:  # the engine's own threads would take work away from assert_fact
        return

    def get_action(self, name: str) -> Callable[[Any], None]:
        action = {"support": self._support, "excuse": self._excuse, "sink": self._sink}[name]

        def recorded(context: Any) -> None:
            run = self.run
            assert run is not None
            run.fired += 1
            if run.fault is not None or run.fired > _FUEL:
                run.fault = run.fault or EngineFault("the chaining does not come to an end")
                return
            try:
                action(context, run)
            except BaseException as fault:  # the engine would swallow it
                run.fault = fault

        return recorded

    def _sink(self, context: Any, run: _Run) -> None:
        run.seen += 1

    def _support(self, context: Any, run: _Run) -> None:
        need, step, outcome = context.d, context.w, context.o
        candidate, source = step["ref"], outcome["ref"]
        if candidate == source:
            return
        run.supports.setdefault(candidate, set()).add(source)
        if need["last"]:
            if candidate not in run.arisen:
                run.arisen.add(candidate)
                _assert(self, run, context, {"kind": "outcome", "ref": candidate, "provision": step["provision"],
                                             "link": step["link"], "sure": candidate in run.sure_candidates})
        elif (candidate, need["at"] + 1) not in run.steps:
            run.steps.add((candidate, need["at"] + 1))
            _assert(self, run, context, {"kind": "step", "ref": candidate, "rule": step["rule"], "provision": step["provision"],
                                         "link": step["link"], "at": need["at"] + 1})

    def _excuse(self, context: Any, run: _Run) -> None:
        run.excused.setdefault(context.b["ref"], set()).add(context.h["ref"])


def _assert(host: _ChainHost, run: _Run, context: Any | None, fact: _Fact) -> None:
    """Asserts one checked fact under an id of its own."""
    for name, value in fact.items():
        if isinstance(value, (bool, str)) or (isinstance(value, int) and abs(value) < _LIMIT):
            continue
        raise EngineFault(f"a fact cannot hold {name} = {value!r}")
    run.asserted += 1
    whole = {**fact, "id": str(run.asserted), "sid": run.sid}
    if context is None:
        host.assert_fact(_RULES, whole)
    else:
        context.assert_fact(whole)


@cache
def _host() -> _ChainHost:
    return _ChainHost()


def _run(facts: Iterable[_Fact], sure_candidates: frozenset[int] = frozenset()) -> _Run:
    """One run over the facts; raises EngineFault unless everything was seen and nothing went wrong."""
    host = _host()
    run = host.run = _Run("1", sure_candidates)
    try:
        for fact in facts:
            _assert(host, run, None, fact)
        state = host.get_state(_RULES, run.sid) if run.asserted else {}
        if run.fault is not None:
            raise EngineFault(f"an action failed: {run.fault}") from run.fault
        if state and "exception" in state:
            raise EngineFault(f"the engine recorded: {state['exception']}")
        if run.seen != run.asserted:
            raise EngineFault(f"{run.asserted} facts were asserted, {run.seen} were seen")
        return run
    finally:
        if run.asserted:
            host.delete_state(_RULES, run.sid)
        host.run = None


def _needs(dependencies: Sequence[Dependency]) -> list[_Fact]:
    """Steps: with `all` one after the other, with `any` each of them the last."""
    facts: list[_Fact] = []
    by_rule: dict[str, list[Dependency]] = {}
    for dependency in dependencies:
        by_rule.setdefault(dependency.rule, []).append(dependency)
    for rule, needed in by_rule.items():
        each = [d for d in needed if d.mode == "all"]
        chosen = each or needed
        for i, d in enumerate(chosen):
            at, last = (i, i == len(chosen) - 1) if each else (0, True)
            facts.append({"kind": "need", "rule": rule, "source": d.source, "linked": d.linked, "only_sure": d.sure, "at": at,
                          "last": last})
    return facts


def _pass(outcomes: Sequence[tuple[int, str, str, bool]], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          sure: frozenset[int]) -> _Reasons:
    """The candidates that arise, with what each rests on."""
    facts = [*_needs(dependencies), *({"kind": "step", "ref": c.id, "rule": c.rule, "provision": c.provision, "link": c.link, "at": 0}
                                      for c in candidates),
             *({"kind": "outcome", "ref": i, "provision": p, "link": link, "sure": certain} for i, p, link, certain in outcomes)]
    run = _run(facts, sure)
    return {c: tuple(sorted(run.supports[c])) for c in sorted(run.arisen)}


def _chain(outcomes: Sequence[tuple[int, str, str, bool]], candidates: Sequence[Candidate],
           dependencies: Sequence[Dependency]) -> tuple[_Reasons, _Reasons]:
    """What arises for sure, and what would if every doubt were a yes."""
    met = [c for c in candidates if c.state == "met"]
    arisen = _pass([o for o in outcomes if o[3]], met, dependencies, frozenset(c.id for c in met))
    perhaps = _pass(outcomes, candidates, dependencies, frozenset(arisen))
    return arisen, {i: because for i, because in perhaps.items() if i not in arisen}


def infer(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          excuses: Sequence[Excuse]) -> Inferred:
    """Exemptions first; what they excuse triggers nothing; then the consequences. Raises EngineFault."""
    exemptions = {e.exemption for e in excuses}
    known = [(o.id, o.provision, o.link, o.state != "doubt") for o in outcomes]
    early = [c for c in candidates if c.provision in exemptions]
    arisen, doubtful = _chain(known, early, dependencies)
    held = [(o.id, o.provision, o.link) for o in outcomes if o.state == "arisen"]
    held += [(c.id, c.provision, c.link) for c in early if c.id in arisen]
    excused = _excused(held, outcomes, excuses)
    standing = [k for k in known if k[0] not in excused]
    standing += [(c.id, c.provision, c.link, c.id in arisen) for c in early if c.id in arisen or c.id in doubtful]
    late_arisen, late_doubtful = _chain(standing, [c for c in candidates if c.provision not in exemptions], dependencies)
    return Inferred(_sorted(arisen | late_arisen), _sorted(doubtful | late_doubtful), _sorted(excused))


def _excused(held: Sequence[tuple[int, str, str]], outcomes: Sequence[Outcome], excuses: Sequence[Excuse]) -> _Reasons:
    facts: list[_Fact] = [{"kind": "excuse", "exemption": e.exemption, "duty": e.duty, "linked": e.linked} for e in excuses]
    facts += [{"kind": "held", "ref": i, "provision": p, "link": link} for i, p, link in held]
    facts += [{"kind": "breach", "ref": o.id, "provision": o.provision, "link": o.link} for o in outcomes if o.state == "breach"]
    return {i: tuple(sorted(by)) for i, by in _run(facts).excused.items()}


def _sorted(reasons: _Reasons) -> Mapping[int, tuple[int, ...]]:
    return {key: reasons[key] for key in sorted(reasons)}
