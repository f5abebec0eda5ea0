"""Standard streams as they may be: closed, full, or with a reader that has gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

T = TypeVar("T")


def open_closed() -> None:
    """Opens what of the three is closed, on nothing: the next file would be in its place, and take what is printed."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf8", closefd=False)  # noqa: SIM115


class Watched:
    """Standard output, which keeps why it took no more: an `OSError` by itself doesn't say what of."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Writes a text."""
        return self._tried(lambda: self.stream.write(text))

    def flush(self) -> None:
        """Writes what is held back."""
        self._tried(self.stream.flush)

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            self.error = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Unheard:
    """Standard error, which nobody may hear: what can't be said there ends no work."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Writes a text, if anybody takes it."""
        self._tried(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Writes what is held back, if anybody takes it."""
        self._tried(self.stream.flush)

    def _tried(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError:  # all further goes nowhere, whoever writes it
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
