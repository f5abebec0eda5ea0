"""Spreads light work over a few processes, where there is enough of it to pay for their start."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")
_WORTH = 500  # items that a process has to get
_BATCH = 100  # items that go through a pipe at a time


def in_processes(work: Callable[[list[Given]], Iterable[Made]], items: list[Given], processes: int) -> Iterator[Made]:
    """What ``work`` makes of each item, in their order.

    Args:
        work: A function of a module, which gives one thing for each item.
        items: What it is given, cut into as many parts as there are processes.
        processes: How many there may be at a time, this one not counted; with fewer than 2, or few items, the work is
            done here.
    """
    processes = min(processes, len(items) // _WORTH)
    if processes < 2:
        yield from work(items)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks
    batches = [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]
    helpers = []
    try:
        for number in range(processes):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(theirs, work, batches[number::processes]), daemon=True)
            process.start()
            theirs.close()  # so that the pipe ends when the process does
            helpers.append((process, ours))
        for number, batch in enumerate(batches):
            try:
                yield from helpers[number % processes][1].recv()
            except (EOFError, OSError):  # it died: its work is done here
                yield from work(batch)
    finally:
        for process, pipe in helpers:
            pipe.close()
            process.kill()
            process.join()


def _serve(pipe: Connection, work: Callable[[list[Given]], Iterable[Made]], batches: list[list[Given]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends this process
    gc.disable()  # what is made is sent and gone: to look for circles among it takes time
    with suppress(OSError):  # the parent is gone
        for batch in batches:
            pipe.send(list(work(batch)))
    os._exit(0)
