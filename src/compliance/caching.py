"""What is made anew only where something it is made from has changed, kept between runs: linted rules, checks, plans.

Every key holds everything that a value depends on, this code included. Removing the folder changes nothing but the time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_PACKAGE = Path(__file__).parent
_PLAIN = frozenset({("datetime", "date"), ("datetime", "datetime"), ("decimal", "Decimal"), ("builtins", "frozenset"), ("builtins", "set")})
_LIBRARIES = ("ibis-framework", "sqlglot", "duckdb", "pandera", "ruamel.yaml")


@cache
def code_version() -> str:
    """A hash of the code and data of this package, and of the libraries that decide what is made."""
    digest = hashlib.sha256()
    for path in sorted(p for kind in ("*.py", "*.yaml", "*.json") for p in _PACKAGE.rglob(kind)):
        digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes())
    for name in _LIBRARIES:
        digest.update(version(name).encode())
    return digest.hexdigest()


def key_of(*parts: object) -> str:
    """The key of a value from all that it depends on besides the code."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


def cache_folder() -> Path:
    """COMPLIANCE_CACHE, else the user's cache folder."""
    own = os.environ.get("COMPLIANCE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(base) if base else Path.home() / ".cache") / "compliance"


@dataclass(slots=True)
class Cache(Generic[T]):
    """Values by key; `path` None keeps them for this process only. At most the `most` used last are saved."""

    path: Path | None = None
    most: int = 5000
    values: dict[str, T] = field(default_factory=dict)
    changed: bool = False
    lock: RLock = field(default_factory=RLock)

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """The value kept under the key, else a new one; only one is made at a time."""
        with self.lock:
            self.changed |= key not in self.values
            value = self.values.pop(key) if key in self.values else make()
            self.values[key] = value
            return value

    def save(self) -> None:
        """Writes the values; a folder that cannot be written is no fault of what asked for them."""
        if self.path is None or not self.changed:
            return
        content = (code_version(), dict(list(self.values.items())[-self.most:]))
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".saving-")
            with os.fdopen(handle, "wb") as out:
                _Writer(out, protocol=5).dump(content)
            os.replace(name, self.path)
        except OSError:
            return


def open_cache(name: str, most: int = 5000) -> Cache[Any]:
    """What was kept under a name; nothing where it is of other code, of another user, or cannot be read."""
    path = cache_folder() / f"{name}.pickle"
    try:
        if _is_ours(path):
            with path.open("rb") as file:
                made_by, values = _Records(file).load()
            if made_by == code_version():
                return Cache(path, most, values)
    except Exception:  # a damaged pickle may raise anything; it is made anew
        pass
    return Cache(path, most)


class _Writer(pickle.Pickler):
    """Writes a record as the call that makes it, which is read five times as fast as its fields one by one."""

    def reducer_override(self, obj: Any) -> Any:
        if is_dataclass(obj) and not isinstance(obj, type):
            return type(obj), tuple(getattr(obj, f.name) for f in fields(obj))
        return NotImplemented


class _Records(pickle.Unpickler):
    """Reads nothing but values and records of this package: a pickle may otherwise name any function to be called."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("compliance.") or (module, name) in _PLAIN else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no record")
        return found


def _is_ours(path: Path) -> bool:
    """Whether nobody else can have written the file."""
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
