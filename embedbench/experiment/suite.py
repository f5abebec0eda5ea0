"""The evaluation suite from command-line arguments, for vectors that need no model. Light: no torch, no Lightning."""

from __future__ import annotations

from jsonargparse import ArgumentError, ArgumentParser

from embedbench.errors import unknown
from embedbench.evaluation.suite import Suite
from embedbench.experiment.checks import check_group, explain
from embedbench.experiment.request import read_args


def build_suite(args: list[str]) -> Suite:
    """The suite that ``--suite NAME`` and ``--suite.KEY VALUE`` ask for.

    Raises:
        UsageError: If another key, or a wrong value, is given.
    """
    for word in args:
        if word.startswith("--") and word[2:].partition("=")[0].partition(".")[0] != "suite":
            raise unknown("key", word.partition("=")[0], ["--suite", "--suite.KEY"])
    request = read_args(args)
    check_group("--suite", request["suite"])
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_subclass_arguments(Suite, "suite", required=True)
    try:
        suite: Suite = parser.instantiate(parser.parse_object({"suite": request["suite"]})).suite
    except ArgumentError as error:
        raise explain(error) from None
    return suite
