"""The one module that reads YAML: plain data with the place of every value; anything ambiguous is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from compliance.ground import Location, Problem

Path_ = tuple[str | int, ...]
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_CONSTANTS = {"null": None, "~": None, "": None, "true": True, "false": False}
# Line separators that editors show as one line: a key hidden behind one would be read but not seen.
_HIDDEN_BREAKS = re.compile("[\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a YAML file; `places` gives line and column of each value by its path."""

    file: str
    data: Any
    places: Mapping[Path_, tuple[int, int]]

    def at(self, *path: str | int) -> Location:
        """The place of a value; of the nearest enclosing one where it has none of its own."""
        steps = tuple(path)
        while steps and steps not in self.places:
            steps = steps[:-1]
        line, column = self.places.get(steps, (1, 1))
        return Location(self.file, line, column)


def read_yaml(path: Path, name: str) -> tuple[Document | None, list[Problem]]:
    """The document in a file, known as `name`; scalars are text, whole numbers, true, false or null, never floats."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as fault:
        return None, [Problem("file-unreadable", f"cannot read the file: {fault.strerror}", Location(name))]
    except UnicodeDecodeError as fault:
        return None, [Problem("file-not-utf8", f"byte {fault.start} is not UTF-8", Location(name),
                              "save the file as UTF-8")]
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> tuple[Document | None, list[Problem]]:
    """The document in a text."""
    hidden = _HIDDEN_BREAKS.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        return None, [Problem("yaml-hidden-break", "a Unicode line separator hides what follows it",
                              Location(name, line), "delete the character")]
    try:
        root = YAML(typ="safe").compose(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
        return None, [Problem("yaml-syntax", fault.problem or str(fault).splitlines()[0], place)]
    except RecursionError:
        return None, [Problem("yaml-too-deep", "the file is nested too deeply", Location(name))]
    except YAMLError as fault:
        return None, [Problem("yaml-syntax", str(fault).splitlines()[0], Location(name))]
    problems: list[Problem] = []
    places: dict[Path_, tuple[int, int]] = {}
    shared = _shared(root)
    if shared is not None:
        at = Location(name, shared.start_mark.line + 1, shared.start_mark.column + 1)
        return None, [Problem("yaml-anchor", "anchors and aliases are not used in these files", at, "write the value out")]
    data = _data(root, (), name, places, problems)
    return Document(name, data, places), problems


def _shared(root: Node | None) -> Node | None:
    """A node that stands at two places, which only an alias can bring about."""
    seen: set[int] = set()
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            return node
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            waiting += node.value
        elif isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
    return None


def _scalar(node: ScalarNode) -> str | int | bool | None:
    if node.style:
        return node.value
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    return int(node.value) if _WHOLE.fullmatch(node.value) else node.value


def _data(node: Node | None, path: Path_, name: str, places: dict[Path_, tuple[int, int]],
          problems: list[Problem]) -> Any:
    if node is None:
        return None
    places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    match node:
        case ScalarNode():
            return _scalar(node)
        case SequenceNode():
            return [_data(child, (*path, i), name, places, problems) for i, child in enumerate(node.value)]
        case MappingNode():
            return _mapping(node, path, name, places, problems)
        case _:
            return None


def _mapping(node: MappingNode, path: Path_, name: str, places: dict[Path_, tuple[int, int]],
             problems: list[Problem]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = Location(name, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, ScalarNode):
            problems.append(Problem("yaml-key", "a key must be plain text", place))
            continue
        key = key_node.value
        if key in result:
            problems.append(Problem("yaml-duplicate-key", f"the key '{key}' stands twice", place,
                                    "keep one of the two"))
            continue
        result[key] = _data(value_node, (*path, key), name, places, problems)
    return result
