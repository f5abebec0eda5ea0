"""What is typed, read by the type of what it is for."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from embedbench.arguments.hints import Range
from embedbench.request.written import parse_value, read_value, typed, typed_class

TYPED = ["2020", "no", "yes", "1e5", "12:30", "null", "~", "None", "", " a ", "my #1.csv", "0x1F", "[a", "{a: b}"]
TYPED += ["- x", "2020-01-01", "true", ".nan", "&a", "*a", "!x", "a: b", "'q'", "="]


class Part:
    """Of which the source says no more than the name."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-05", 1e-5),
        ("1E3", 1000.0),
        ("-2.5e+1", -25.0),
        ("0.5", 0.5),
        ("None", None),
        ("null", None),
        ("True", True),
        ("false", False),
        ("[1, 2]", [1, 2]),
        ("['a', 'b']", ["a", "b"]),
        ("{'a': 1}", {"a": 1}),
        ("mlp", "mlp"),
        ("e5", "e5"),
        ("my file.csv", "my file.csv"),
        ("a: b: c", "a: b: c"),
        ("", None),
        ("2020-01-01", "2020-01-01"),
        ("1.2.3e4", "1.2.3e4"),
    ],
)
def test_value(text, value):
    found = parse_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("hint", [str, str | None, Path, Path | None, str | Path | None])
@pytest.mark.parametrize("text", TYPED)
def test_text_is_what_was_typed(text, hint):
    assert read_value(text, hint) == text


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("[2020, no, null, ~, 1e5]", ["2020", "no", "null", "~", "1e5"]),
        ("[my #1.csv, a: b]", ["my #1.csv", "a: b"]),
        ("""["a, b", 'it''s', "c"]""", ["a, b", "it's", "c"]),
        ("[it's, 'a' b]", ["it's", "'a' b"]),
        ('[""]', [""]),
        ("[]", []),
        ("[ ]", []),
        ("[a,]", ["a"]),
    ],
)
def test_elements_of_a_list_of_texts(text, elements):
    assert read_value(text, list[str] | None) == elements


@pytest.mark.parametrize(("text", "value"), [("null", None), ("no", "no"), ("2020", "2020"), ("[a", "[a")])
def test_what_is_no_list_of_texts_is_left_to_be_refused(text, value):
    assert read_value(text, list[str] | None) == value


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("{train: no, test: 2020}", dict[str, str] | None, {"train": "no", "test": "2020"}),
        ("{a", dict[str, str] | None, "{a"),
        ("{days: 1}", str | Part | dict[str, int], {"days": 1}),
        ("1:00:00:00", str | Part | dict[str, int], "1:00:00:00"),
        ("2", list[int] | str | int, 2),
        ("[0, 1]", list[int] | str | int, [0, 1]),
        ("auto", list[int] | str | int, "auto"),
        ("no", int | float | str, "no"),
        ("nan", float | str, "nan"),
        ("2", float | str, 2),
        ("none", Literal["english", "none"], "none"),
        ("16", Literal[64, 32, 16] | Literal["16", "bf16"], 16),
        ("0.5", float | Literal["learned"], 0.5),
        ("{class_path: A}", str | Part, {"class_path": "A"}),
        ("[{class_path: A}]", list[Part] | None, [{"class_path": "A"}]),
        ("[3]", str | dict[str, Any], "[3]"),
        ("2020-01-01", Any, "2020-01-01"),
        ("yes", bool, True),
        ("OFF", bool | None, False),
        ("1", bool, "1"),
        ("1", int | bool, 1),
        ("None", int | None, None),
        ("~", float | None, None),
        ("null", int, "null"),
        ("010", int, 10),
        ("1_000", int, 1000),
        ("0x1F", int, 31),
        ("1e5", int, 100_000),
        ("1e5", Annotated[int, Range(ge=1)] | None, 100_000),
        ("1e300", int, 1e300),
        ("1e-3", int, 1e-3),
        ("1.0", int, 1.0),
        (".5", int, 0.5),
        ("12:30", int, "12:30"),
        ("12:30", float, "12:30"),
        ("yes", int, "yes"),
        ("३", int, "३"),
        ("9" * 5000, float, float("inf")),
        ("3", float, 3),
        ("1e-3", float, 1e-3),
        (".5", float, 0.5),
        ("5.", float, 5.0),
        ("-inf", float, float("-inf")),
        ("[1e-3, 2]", list[float], [1e-3, 2]),
        ("[010, 1e2]", list[int], [10, 100]),
        ("[[1], [2]]", list[list[int]], [[1], [2]]),
    ],
)
def test_other_types(text, hint, value):
    found = read_value(text, hint)
    assert found == value
    assert type(found) is type(value)


def test_texts_of_a_file_that_stand_for_numbers_are_read_by_type():
    """YAML takes 1e-3 for a text; its own types stay."""
    path = "embedbench.paradigms.generative.vae.VAE"
    encoder = {"class_path": "MLP", "init_args": {"width": "8", "activation": False, "widths": ["8", 4]}}
    given = {"lr": "1e-3", "beta": 1, "prior": "normal", "latent_dim": None, "encoder": encoder, "odd": "1e-3"}
    found = typed_class({"class_path": path, "init_args": given})["init_args"]
    inner = {"width": 8, "activation": False, "widths": [8, 4]}
    assert found == {**given, "lr": 1e-3, "encoder": {"class_path": "MLP", "init_args": inner}}
    assert typed({"days": "1"}, dict[str, int]) == {"days": 1}
    assert typed(["1"], list[str]) == ["1"]
    assert typed_class({"class_path": path}) == {"class_path": path}
