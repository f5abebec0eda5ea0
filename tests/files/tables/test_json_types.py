"""What JSON says, held against types."""

from typing import Any, Literal, NamedTuple

import pytest

from embedbench.files.tables.json_types import check, record_of


class Point(NamedTuple):
    name: str
    place: tuple[int, ...]
    kind: Literal["a", "b"] = "a"
    weight: float = 0.5
    rest: dict[str, int | None] = {}  # noqa: RUF012


def test_a_record_comes_back():
    content = {"name": "x", "place": [1, 2], "kind": "b", "weight": 3, "rest": {"k": None}}
    assert record_of(Point, content) == Point("x", (1, 2), "b", 3, {"k": None})
    assert record_of(Point, {"name": "x", "place": []}) == Point("x", ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"other": 1}, "Point.other is unknown"),
        ({"place": None}, "Point.place can't be 'None'"),
        ({"place": [1, "a"]}, "Point.place can't be"),
        ({"place": [2**63]}, "Point.place can't be"),
        ({"kind": "c"}, "Point.kind can't be 'c'"),
        ({"kind": ["a"]}, "Point.kind can't be"),
        ({"weight": True}, "Point.weight can't be 'True'"),
        ({"weight": 10**400}, "Point.weight can't be"),
        ({"name": "\ud83d"}, "Point.name can't be"),
        ({"rest": {"k": "v"}}, "Point.rest can't be"),
    ],
)
def test_what_is_no_such_record(change, message):
    with pytest.raises(ValueError, match=message):
        record_of(Point, {"name": "x", "place": [1], **change})


@pytest.mark.parametrize("content", [None, [], "x", 3])
def test_what_is_no_mapping(content):
    with pytest.raises(ValueError, match="Point must be a mapping, got"):
        record_of(Point, content)


def test_missing_field():
    with pytest.raises(ValueError, match=r"Point\.place is missing"):
        record_of(Point, {"name": "x"})


def test_anything_and_tuples_of_a_kind():
    check("x", object(), Any)
    check("x", ["a", [1], "a", 1.0, {}], Point)
    with pytest.raises(ValueError, match="x can't be"):
        check("x", ["a"], Point)
    check("x", ["a", [1]], Point)  # the others have defaults, as fields have that came later
    with pytest.raises(ValueError, match="x can't be"):
        check("x", ["a", [1], "a", 1.0, {}, 0], Point)
