"""What is made once and asked for often."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class Cached:
    """Keeps what was made, by key."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def made(self, key: Hashable) -> bool:
        """Whether there is something with this key."""
        return key in self._made

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What ``make`` returned at the first call with this key."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_T", self._made[key])

    def replace(self, key: Hashable, value: Any) -> None:
        """Puts something better in the place of what was made with this key."""
        self._made[key] = value
