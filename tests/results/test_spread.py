"""Light work over processes: the same things in the same order, whatever happens to a process."""

import os

from spread_work import deadly, doubled, pids

from embedbench.results import spread as module
from embedbench.results.spread import in_processes


def test_order_is_kept(monkeypatch):
    monkeypatch.setattr(module, "_WORTH", 200)
    assert list(in_processes(doubled, list(range(1010)), 2)) == list(range(0, 2020, 2))
    found = set(in_processes(pids, list(range(1010)), 2))
    assert len(found) == 2
    assert os.getpid() not in found


def test_little_work_is_done_here():
    assert set(in_processes(pids, list(range(900)), 4)) == {os.getpid()}
    assert list(in_processes(doubled, [], 4)) == []


def test_work_of_a_process_that_died_is_done_here(monkeypatch):
    monkeypatch.setattr(module, "_WORTH", 200)
    monkeypatch.setenv("EMBEDBENCH_TEST", str(os.getpid()))
    assert list(in_processes(deadly, list(range(450)), 2)) == list(range(0, 900, 2))
