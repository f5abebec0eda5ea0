"""The evaluation suite from command-line arguments, for vectors that need no model. Light: no torch, no Lightning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from embedbench.arguments.build import build
from embedbench.cache import Tables, cached, digest, limit
from embedbench.code_state import own_sources, versions
from embedbench.errors import unknown
from embedbench.evaluation.suite import Suite
from embedbench.request.request import read_args

_FAISS = ("faiss", "faiss-cpu", "faiss-gpu")
_SEARCH = ("neighbors", "evaluation/space.py")


def build_suite(args: list[str]) -> Suite:
    """The suite that ``--suite NAME`` and ``--suite.KEY VALUE`` ask for.

    Raises:
        UsageError: If another key, or a wrong value, is given.
    """
    for word in args:
        if word.startswith("--") and word[2:].partition("=")[0].partition(".")[0] != "suite":
            raise unknown("key", word.partition("=")[0], ["--suite", "--suite.KEY"])
    return make_suite(read_args(args)["suite"])


def with_cache(suite: Suite) -> Suite:
    """The suite itself, from now on with the neighbours that it had to search long for kept by content.

    Raises:
        UsageError: If the cache's size is none.
    """
    limit()
    suite.keep = _kept
    return suite


def settings_of(suite: Suite) -> dict[str, Any]:
    """The suite's arguments that change a number, by name."""
    protocol = suite.protocol
    return {
        "distance": suite.distance,
        "neighbors": protocol.neighbors,
        "index": protocol.search,
        "kmeans_restarts": protocol.kmeans_restarts,
        "kmeans_seeds": suite.kmeans_seeds,
        "importance_samples": suite.importance_samples,
        "seed": protocol.seed,
    }


def _kept(follows_from: list[str | NDArray[Any]], make: Callable[[], Tables]) -> Tables:
    return cached("neighbors", digest([*versions(*_FAISS), *own_sources(*_SEARCH), *follows_from]), make)


def make_suite(group: dict[str, Any]) -> Suite:
    """The suite that a request's ``suite`` asks for.

    Raises:
        UsageError: If a key or value is wrong.
    """
    suite: Suite = build("--suite", group, Suite).make()
    return with_cache(suite)
