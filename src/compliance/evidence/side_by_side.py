"""Independent work on one engine, side by side: the engine plans and runs statements outside the lock of the interpreter."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Semaphore
from queue import SimpleQueue
from typing import TypeVar

from ibis.backends.duckdb import Backend

T = TypeVar("T")
R = TypeVar("R")
# More would wait for each other: what is between the statements runs one after the other.
MOST = 4
_shared: list[Semaphore] = []  # the cores that are free, where several processes share them


def share_cores(free: Semaphore) -> None:
    """From now on this process uses more than one core only where the others leave it free."""
    _shared[:] = [free]


def side_by_side(backend: Backend, work: Callable[[Backend, T], R], items: Sequence[T]) -> list[R]:
    """What `work` makes of each item, in the order of the items; side by side every call has a connection of its own.

    The calls must not depend on each other. The first fault in the order of the items is raised.
    """
    with cores(min(MOST, os.cpu_count() or 1, len(items))) as number:
        if number < 2:
            return [work(backend, item) for item in items]
        with _connections(backend, number) as free, ThreadPoolExecutor(number) as threads:

            def done(item: T) -> R:
                own = free.get()
                try:
                    return work(own, item)
                finally:
                    free.put(own)

            return list(threads.map(done, items))


@contextmanager
def cores(wanted: int) -> Iterator[int]:
    """The cores to use: as many as wanted, or where they are shared the one in use and those that are free."""
    if not _shared:
        yield wanted
        return
    with _held(wanted - 1) as further:
        yield 1 + further


@contextmanager
def at_work() -> Iterator[None]:
    """Holds the core that this process uses, where cores are shared."""
    with _held(1):
        yield


@contextmanager
def _held(number: int) -> Iterator[int]:
    """Takes as many of the free cores, or those there are, and gives them back."""
    taken = [free for free in _shared for _ in range(number) if free.acquire(block=False)]
    try:
        yield len(taken)
    finally:
        for free in taken:
            free.release()


@contextmanager
def _connections(backend: Backend, number: int) -> Iterator[SimpleQueue[Backend]]:
    """Further connections to the engine, as backends."""
    free: SimpleQueue[Backend] = SimpleQueue()
    for _ in range(number):
        own = copy.copy(backend)
        own.con = backend.con.cursor()
        free.put(own)
    try:
        yield free
    finally:
        while not free.empty():
            free.get().con.close()
