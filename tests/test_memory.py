import os

import pytest

from embedbench import memory
from embedbench.errors import UsageError


def test_memory_is_what_the_system_says(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_LIMIT", tmp_path / "none")
    assert memory.memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(("written", "found"), [("1000000\n", 1_000_000), ("max\n", None)])
def test_a_container_may_have_less(written, found, monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text(written, encoding="ascii")
    monkeypatch.setattr(memory, "_LIMIT", limit)
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert memory.memory() == (found or whole)


def test_what_cannot_fit_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "memory", lambda: 8 * 10**9)
    memory.check_memory(8e9, "the work", "do less")
    with pytest.raises(UsageError, match=r"the work needs 320\.0 GB of memory, and there are 8\.0 GB; do less\."):
        memory.check_memory(3.2e11, "the work", "do less")
    monkeypatch.setattr(memory, "memory", lambda: None)
    memory.check_memory(3.2e11, "the work", "do less")
