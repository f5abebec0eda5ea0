"""Errors that are part of the interface."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """Bad input: its message is one clear sentence (what, where, how to mend); the command exits with 2."""


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """An error that names the unknown thing, the nearest known name and all the known ones.

    >>> str(unknown("model", "pac", ["pca", "vae"]))
    "unknown model 'pac'; did you mean 'pca'? Known: pca, vae."
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return UsageError(f"unknown {what} {name!r}{hint} Known: {', '.join(names)}.")


class RunError(RuntimeError):
    """A run went wrong by itself (a loss became NaN, rows went missing): it is recorded as failed."""
