"""Told to end by a signal: the work stops where it stands, is put on record, and the command ends in time."""

from __future__ import annotations

import _thread
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from embedbench.say import say

INTERRUPTED, TERMINATED = "interrupted", "terminated"
_SAID = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED, "SIGHUP": "hung up"}
_NUMBERS = {int(getattr(signal, name)): said for name, said in _SAID.items() if hasattr(signal, name)}
_GRACE_SECONDS = 3.5  # that work may take to stop: a step, or a wait for another process, may take far longer
_CLOSING_SECONDS = 30  # that all else may take: W&B sends what it has
_LOOK_SECONDS = 0.5  # between two looks at a parent
_IMPORT = "<frozen importlib._bootstrap>"  # where Python says that it runs an import
PARENT = "EMBEDBENCH_PARENT"  # the process that started this one, and without which it is to end


class Stopped(BaseException):
    """A signal told this process to end; the text says in a word what happened.

    Attributes:
        code: Exit code of a process that ended by it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_NUMBERS[number])
        self.code = 128 + number


@dataclass
class _State:
    """What the handler, the work and the thread that watches know of each other."""

    listens: bool = False
    told: int | None = None
    raised: bool = False
    held: bool = False
    last_words: Callable[[str], object] | None = None
    pass_on: Callable[[int], object] | None = None


_state = _State()


@contextmanager
def listening() -> Iterator[None]:
    """Turns SIGINT, SIGTERM and SIGHUP into `Stopped` in the body; those that are ignored stay so.

    The first one counts, and is heard behind an import that is under way: an exception there leaves half a library, and
    some swallow it. Others make an error of their own of it, in whose place it is raised again. Where the main thread
    doesn't come back to Python in time, as in a wait for another process, a thread puts what was under way on record
    and ends the process.
    """
    global _state
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers are the main thread's
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _NUMBERS}
    state = _state = _State(listens=True)
    heard, wakes = socket.socketpair()
    wakes.setblocking(False)
    awake = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, state), daemon=True, name="signals").start()
    try:
        with _as_stopped(state):
            listen()
            yield
    finally:
        state.listens, _state = False, _State()  # what this body was told is over
        signal.set_wakeup_fd(awake)
        for number, handler in before.items():
            signal.signal(number, handler)
        wakes.close()


def listen() -> None:
    """Takes the signals back from whoever handles them meanwhile; nothing happens outside of `listening`."""
    if _state.listens:
        for number in _NUMBERS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _stop)


@contextmanager
def last_words(write: Callable[[str], object]) -> Iterator[None]:
    """Puts the body on record, in another thread, if it is told to end and doesn't in time.

    Args:
        write: Is given what happened, in a word.
    """
    state = _state
    state.last_words = write
    try:
        with _as_stopped(state):
            yield
    finally:
        state.last_words = state.pass_on = None


def pass_on(send: Callable[[int], object]) -> None:
    """Sends what the body of `last_words` is told to other processes as well, at once."""
    _state.pass_on = send


@contextmanager
def held() -> Iterator[None]:
    """Ends the body before a signal is heard: what is written there is written whole."""
    state = _state
    state.held = True
    try:
        yield
    finally:
        state.held = False
    if state.told is not None:
        state.raised = True
        raise Stopped(state.told)


@contextmanager
def _as_stopped(state: _State) -> Iterator[None]:
    """Raises `Stopped` in place of an error that follows from it.

    Libraries in C++ that call back into Python make a TypeError of whatever is raised there.
    """
    try:
        yield
    except Exception as error:
        if not state.raised or state.told is None:
            raise
        raise Stopped(state.told) from error


def end_with_parent(*, always: bool) -> None:
    """Has this process end, as by SIGTERM, soon after the one that started it.

    Args:
        always: Whether also where that one didn't ask for it.
    """
    told = os.environ.pop(PARENT, None)
    if told is not None or always:
        parent = os.getppid() if told is None else int(told)
        threading.Thread(target=_end_after, args=(parent,), daemon=True, name="parent").start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(number: int, frame: FrameType | None) -> None:
    if _state.told is None:
        _state.told = number
    if not (_state.raised or _state.held or _imports(frame)):
        _state.raised = True
        raise Stopped(_state.told)


def _imports(frame: FrameType | None) -> bool:
    """Whether an import is under way."""
    while frame is not None and frame.f_code.co_filename != _IMPORT:
        frame = frame.f_back
    return frame is not None


def _watch(heard: socket.socket, state: _State) -> None:
    with heard:
        while told := heard.recv(1):
            if told[0] in _NUMBERS:
                _see_it_end(told[0], state)


def _see_it_end(number: int, state: _State) -> None:
    """Ends this process unless it does so by itself."""
    if state.pass_on is not None:
        state.pass_on(number)
    begun = time.monotonic()
    while state.listens:
        time.sleep(0.05)
        write, spent = state.last_words, time.monotonic() - begun
        if write is not None and spent > _GRACE_SECONDS:
            write(_NUMBERS[number])
        if spent > (_CLOSING_SECONDS if write is None and (state.raised or state.held) else _GRACE_SECONDS):
            say(f"{_NUMBERS[number]}; what had finished is kept.")
            os._exit(128 + number)
        if not state.raised:
            _thread.interrupt_main(signal.Signals(number))  # which may have been in an import


def _hold_back() -> None:
    """What comes while this process forks waits until it is known for whom it is."""
    if _state.listens:
        signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)


def _let_through() -> None:
    if _state.listens:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _NUMBERS)


def _leave_alone() -> None:
    """A fork, such as a loader of rows, wakes nobody and ends as if nothing were set."""
    if _state.listens:
        _state.listens = False
        signal.set_wakeup_fd(-1)
        for number in _NUMBERS:
            if signal.getsignal(number) is _stop:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _NUMBERS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_leave_alone)
