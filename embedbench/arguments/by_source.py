"""Checks keys and values against a constructor's source, before its class is imported, which may take ten seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedbench.arguments.hints import fits, in_words, is_known, of_quotes
from embedbench.arguments.signature import arguments
from embedbench.errors import UsageError, unknown


def check_by_source(where: str, class_path: str, given: Any) -> None:
    """Refuses what the constructor surely doesn't take, as `check_arguments` would; what isn't sure passes.

    Args:
        where: How a user writes the group, such as ``--model``.
        class_path: Of the class.
        given: Its arguments.

    Raises:
        UsageError: If a key is unknown, or a value has another type than the signature says.
    """
    found = arguments(class_path)  # none of a class whose source isn't there
    known = {one.name: one.hint for one in found if one.name != "spec"}
    for key, value in given.items() if found and isinstance(given, Mapping) else ():
        if key not in known:
            raise unknown("key", f"{where}.{key}", [f"{where}.{name}" for name in known])
        hint = known[key]
        if is_known(hint) and not fits(value, hint):
            raise UsageError(f"{where}.{key} must be {in_words(hint)}, got {value!r}{of_quotes(value, hint)}.")
