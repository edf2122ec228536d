"""Worker processes of the batch, all made of one process that has loaded what a job needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from multiprocessing.synchronize import Semaphore


def start_loading() -> None:
    """Begins to load what a job needs, in a process of its own: the caller reads the rules meanwhile."""
    get_context("forkserver").set_forkserver_preload(["compliance.batch.loaded"])
    ensure_running()


@contextmanager
def worker_processes(number: int) -> Iterator[Executor]:
    """Processes that are started when there is something to do, at most as many."""
    processes = get_context("forkserver")
    free = processes.Semaphore(os.cpu_count() or 1)
    with ProcessPoolExecutor(number, mp_context=processes, initializer=_share, initargs=(free,)) as pool:
        yield pool


def _share(free: Semaphore) -> None:
    import_module("compliance.evidence.side_by_side").share_cores(free)
