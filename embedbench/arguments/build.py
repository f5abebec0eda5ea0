"""The one way from a class and its arguments, as a configuration has them, to what makes the object. No torch."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any, NamedTuple

from jsonargparse import ArgumentError, ArgumentParser

from embedbench.arguments.check import as_written, check_group
from embedbench.errors import UsageError


class Built(NamedTuple):
    """What makes an object.

    Attributes:
        kind: Its class.
        config: All its arguments, defaults among them, as a configuration has them.
        make: The class with these arguments; a model waits for its spec.
    """

    kind: type
    config: dict[str, Any]
    make: partial[Any]


def build(where: str, group: dict[str, Any], base: type) -> Built:
    """What makes the object of a group.

    Args:
        where: How a user writes the group, such as ``--model``, or the file that it stands in.
        group: With ``class_path`` and ``init_args``.
        base: What the class has to be.

    Raises:
        UsageError: As ``check_group``.
    """
    return build_class(where, group.get("init_args") or {}, check_group(where, group, base))


def build_class(where: str, given: dict[str, Any], kind: type) -> Built:
    """The same of a class that is known and arguments that were checked.

    Raises:
        UsageError: If a type refuses its value that only jsonargparse could resolve.
    """
    parser = _parser(kind)
    try:
        parsed = parser.parse_object({"part": as_written(given, kind)})
    except ArgumentError as error:
        raise UsageError(f"{where} has an argument that can't be used: {' '.join(str(error).split())}") from None
    config = json.loads(parser.dump(parsed, format="json")).get("part", {})
    made = parser.instantiate(parsed).get("part")
    return Built(kind, config, partial(kind, **({} if made is None else vars(made))))


@cache  # Trainer's many arguments take longer to make than all else here
def _parser(kind: type) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, "part", skip={"spec"}, instantiate=False)
    return parser
