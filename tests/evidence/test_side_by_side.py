"""Independent work on one engine: in order, each on a connection of its own, on the cores that others leave free."""

from __future__ import annotations

from multiprocessing import get_context
from threading import Barrier

import pytest

from compliance.evidence import side_by_side as module
from compliance.evidence.side_by_side import at_work, cores, share_cores, side_by_side
from compliance.evidence.store import connect


@pytest.fixture
def engine():
    backend = connect()
    yield backend
    backend.disconnect()


@pytest.fixture
def free(monkeypatch):
    """Cores shared with other processes, of which some are free."""
    monkeypatch.setattr(module, "_shared", [])

    def share(number: int):
        semaphore = get_context("forkserver").Semaphore(number)
        share_cores(semaphore)
        return semaphore

    return share


def squared(backend, number: int) -> int:
    [(found,)] = backend.raw_sql(f"SELECT {number} * {number}").fetchall()
    return found


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_results_stand_in_the_order_of_the_items(engine, monkeypatch, processors):
    monkeypatch.setattr(module.os, "cpu_count", lambda: processors)
    assert side_by_side(engine, squared, range(40)) == [n * n for n in range(40)]
    assert side_by_side(engine, squared, []) == []


def test_two_are_at_work_at_once_and_neither_reads_the_other(engine, monkeypatch):
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    both = Barrier(2, timeout=20)

    def asked(backend, number: int) -> int:
        answer = backend.raw_sql(f"SELECT {number}")
        both.wait()
        [(found,)] = answer.fetchall()
        return found

    assert side_by_side(engine, asked, [1, 2]) == [1, 2]


@pytest.mark.parametrize("processors", [1, 2])
def test_the_first_fault_in_order_is_raised(engine, monkeypatch, processors):
    monkeypatch.setattr(module.os, "cpu_count", lambda: processors)

    def asked(_, number: int) -> int:
        if number % 3 == 2:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="2"):
        side_by_side(engine, asked, range(9))
    assert side_by_side(engine, squared, [3]) == [9]


def test_only_free_cores_are_taken_and_given_back(free):
    left = free(2)
    with at_work(), cores(4) as number:
        assert number == 2
        with cores(4) as others:
            assert others == 1
    assert left.acquire(block=False)
    assert left.acquire(block=False) and not left.acquire(block=False)


def test_further_connections_read_moments_in_the_same_zone(engine, monkeypatch):
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    zones = side_by_side(engine, lambda own, _: own.raw_sql("SELECT current_setting('TimeZone')").fetchall(), range(4))
    assert zones == [[("Asia/Shanghai",)]] * 4
