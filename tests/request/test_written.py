"""What is typed, read by the type of what it is for."""

import pytest

from embedbench.request.signature import Kind
from embedbench.request.written import parse_value, read_value

TYPED = ["2020", "no", "yes", "1e5", "12:30", "null", "~", "None", "", " a ", "my #1.csv", "0x1F", "[a", "{a: b}"]
TYPED += ["- x", "2020-01-01", "true", ".nan", "&a", "*a", "!x", "a: b", "'q'", "="]
STR, PATH, INT, FLOAT, BOOL, NONE = (Kind(name) for name in ("str", "Path", "int", "float", "bool", "None"))
TEXTS, MAPPING = Kind("list", (STR,)), Kind("dict", (STR,))


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


@pytest.mark.parametrize("kinds", [(STR,), (STR, NONE), (PATH,), (PATH, NONE), (STR, PATH, NONE)])
@pytest.mark.parametrize("text", TYPED)
def test_text_is_what_was_typed(text, kinds):
    assert read_value(text, kinds) == text


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
    assert read_value(text, (TEXTS, NONE)) == elements


@pytest.mark.parametrize("kinds", [(TEXTS, NONE)])
@pytest.mark.parametrize(("text", "value"), [("null", None), ("no", "no"), ("2020", "2020"), ("[a", "[a")])
def test_what_is_no_list_of_texts_is_left_to_be_refused(text, value, kinds):
    assert read_value(text, kinds) == value


@pytest.mark.parametrize(
    ("text", "kinds", "value"),
    [
        ("{train: no, test: 2020}", (MAPPING, NONE), {"train": "no", "test": "2020"}),
        ("{a", (MAPPING, NONE), "{a"),
        ("{days: 1}", (STR, Kind("timedelta"), Kind("dict", (INT,))), {"days": 1}),
        ("1:00:00:00", (STR, Kind("timedelta"), Kind("dict", (INT,))), "1:00:00:00"),
        ("2", (Kind("list", (INT,)), STR, INT), 2),
        ("[0, 1]", (Kind("list", (INT,)), STR, INT), [0, 1]),
        ("auto", (Kind("list", (INT,)), STR, INT), "auto"),
        ("no", (INT, FLOAT, STR), "no"),
        ("2", (FLOAT, STR), 2),
        ("none", (Kind("Literal", ("english", "none")),), "none"),
        ("16", (Kind("Literal", (64, 32, 16)), Kind("Literal", ("16", "bf16"))), 16),
        ("0.5", (FLOAT, Kind("Literal", ("learned",))), 0.5),
        ("None", (INT, NONE), None),
        ("{class_path: A}", (STR, Kind("Strategy")), {"class_path": "A"}),
        ("[{class_path: A}]", (Kind("list", (Kind("Callback"),)), NONE), [{"class_path": "A"}]),
    ],
)
def test_other_types(text, kinds, value):
    found = read_value(text, kinds)
    assert found == value
    assert type(found) is type(value)
