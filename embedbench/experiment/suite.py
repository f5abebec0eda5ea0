"""The evaluation suite from command-line arguments, for vectors that need no model. Light: no torch, no Lightning."""

from __future__ import annotations

from typing import Any

from jsonargparse import ArgumentParser

from embedbench.errors import unknown
from embedbench.evaluation.suite import Suite
from embedbench.experiment.checks import check_group
from embedbench.experiment.request import read_args


def build_suite(args: list[str]) -> Suite:
    """The suite that ``--suite NAME`` and ``--suite.KEY VALUE`` ask for.

    Raises:
        UsageError: If another key, or a wrong value, is given.
    """
    for word in args:
        if word.startswith("--") and word[2:].partition("=")[0].partition(".")[0] != "suite":
            raise unknown("key", word.partition("=")[0], ["--suite", "--suite.KEY"])
    return make_suite(read_args(args)["suite"])


def make_suite(group: dict[str, Any]) -> Suite:
    """The suite that a request's ``suite`` asks for.

    Raises:
        UsageError: If a key or value is wrong.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(check_group("--suite", group, Suite), "suite")
    suite: Suite = parser.instantiate(parser.parse_object({"suite": group.get("init_args") or {}})).suite
    return suite
