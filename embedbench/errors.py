"""Errors that are part of the interface."""

from __future__ import annotations

import difflib
import os.path
import re
from collections.abc import Iterable

_SHOWN = 12
_WORD, _LONGEST = 120, 600  # characters of a word, and of a sentence


_GLOO = "gloo/transport"  # where its errors are from, as they say


class UsageError(ValueError):
    """Bad input: its message is one clear sentence (what, where, how to mend); the command exits with 2."""


def sentence(error: BaseException) -> str:
    r"""The text of an error on one line: what it quotes may be long, and hold characters that a terminal obeys.

    >>> sentence(UsageError("cannot read 'a\nb'")), len(sentence(UsageError("no file " + "x" * 5000)))
    ("cannot read 'a\\nb'", 129)
    """
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(error))
    text = re.sub(rf"(\S{{{_WORD}}})\S+", r"\1…", text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST * 3 // 4]} … {text[-_LONGEST // 4 :]}"


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """An error that names the unknown thing, the nearest known name and the known ones, of many the nearest twelve.

    >>> str(unknown("model", "pac", ["pca", "vae"]))
    "unknown model 'pac'; did you mean 'pca'? Known: pca, vae."
    """
    names = sorted(set(known))
    if not names:
        return UsageError(f"unknown {what} {name!r}; there is none here, leave it out.")
    near = _nearest(name, names)
    hint = f"; did you mean {near!r}?" if near else "."
    shown = sorted(difflib.get_close_matches(name, names, n=_SHOWN, cutoff=0.0))
    listed = f"Known: {', '.join(names)}" if len(names) <= _SHOWN else f"Nearest of {len(names)}: {', '.join(shown)}"
    return UsageError(f"unknown {what} {name!r}{hint} {listed}.")


def _nearest(name: str, names: list[str]) -> str | None:
    """The shortest name that starts so, else the most similar one beyond the prefix that all share."""
    if name and (longer := [known for known in names if known.startswith(name)]):
        return min(longer, key=len)
    shared = os.path.commonprefix([name, *names])  # noqa: RUF071 (letter by letter is what is wanted)
    start = max(shared.rfind(mark) for mark in ".-/") + 1
    rests = {known[start:].lower(): known for known in names}
    near = difflib.get_close_matches(name[start:].lower(), rests, n=1, cutoff=0.5)
    return rests[near[0]] if near else None


class RunError(RuntimeError):
    """A run went wrong by itself (a loss became NaN, rows went missing): it is recorded as failed."""


def lost_process(error: BaseException) -> RunError | None:
    """What to say of an error of gloo or NCCL, which tell in words of their own that another process is gone.

    >>> lost_process(RuntimeError("[gloo/transport/tcp/pair.cc:537] Connection closed by peer")) is not None
    True
    """
    if type(error).__name__ != "DistBackendError" and not (_GLOO in str(error) and isinstance(error, RuntimeError)):
        return None
    return RunError("another process of the run is gone or out of reach; see what it said, and run it again.")
