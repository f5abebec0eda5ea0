import json
import os
from dataclasses import FrozenInstanceError, asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import UsageError
from embedbench.results.record import Result

numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)


@given(
    metrics=st.dictionaries(words, st.dictionaries(words, numbers, max_size=4), max_size=3),
    config=st.dictionaries(words, plain, max_size=4),
    notes=st.lists(words, max_size=3),
    uncertainty=st.dictionaries(
        words,
        st.dictionaries(words, st.fixed_dictionaries(dict.fromkeys(("se", "low", "high"), numbers)), max_size=3),
        max_size=2,
    ),
    sweep=st.none() | st.dictionaries(words, plain, max_size=2),
    error=st.none() | words,
    latent_dim=st.none() | st.integers(1, 4096),
)
def test_json_round_trip_is_exact(make_result, metrics, uncertainty, config, notes, sweep, error, latent_dim):
    result = replace(
        make_result(),
        metrics=metrics,
        uncertainty=uncertainty,
        config=config,
        notes=notes,
        sweep=sweep,
        error=error,
        latent_dim=latent_dim,
    )
    text = result.to_json()
    assert Result.from_json(text) == result
    assert Result.from_json(text).to_json() == text


def test_json_has_the_promised_fields_in_order(make_result):
    expected = (
        "schema_version run_id status error paradigm model model_class latent_dim dataset dataset_fingerprint splits "
        "seed metrics uncertainty directions timing resources environment config sweep started_at finished_at notes "
        "digests scales"
    )
    content = json.loads(make_result(metrics={"b": 1.0, "a": 2.0}).to_json())
    assert list(content) == expected.split()
    assert content["schema_version"] == 4
    assert list(content["metrics"]["test"]) == ["b", "a"]  # recorded order, not the alphabet's


def test_a_result_is_frozen(make_result):
    with pytest.raises(FrozenInstanceError):
        make_result().seed = 3


def test_write_and_read(make_result, tmp_path):
    result = make_result("modèle β", metrics={"probe/knn_accuracy": 0.1 + 0.2})
    path = result.write(tmp_path / "runs" / "a")
    assert path == tmp_path / "runs" / "a" / "result.json"
    assert Result.read(path) == result
    assert [file.name for file in path.parent.iterdir()] == ["result.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_a_number_that_is_not_finite_is_never_written(make_result, tmp_path, value):
    make_result().write(tmp_path)
    before = (tmp_path / "result.json").read_bytes()
    bad = make_result(metrics={"probe/knn_accuracy": 0.5, "clustering/nmi": value})
    with pytest.raises(ValueError, match=r"metrics\.test\.clustering/nmi"):
        bad.write(tmp_path)
    assert (tmp_path / "result.json").read_bytes() == before
    assert len(os.listdir(tmp_path)) == 1


def test_a_value_that_json_lacks_is_named(make_result, tmp_path):
    with pytest.raises(ValueError, match=r"metrics\.test\.clustering/nmi is a float32"):
        make_result(metrics={"clustering/nmi": np.float32(0.5)}).write(tmp_path)


def changed(result: Result, **changes) -> str:
    return json.dumps({**asdict(result), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 5, "status": "new word"}, "schema_version 5 is newer than 4.*upgrade"),
        ({"schema_version": "1"}, "schema_version must be a whole number"),
        ({"schema_version": True}, "schema_version must be a whole number"),
        ({"seed": "0"}, "'seed' must be int, got '0'"),
        ({"seed": True}, "'seed' must be int"),
        ({"seed": 1.5}, "'seed' must be int"),
        ({"status": "done"}, "'status' must be .*finished.*failed.*running.*got 'done'"),
        ({"metrics": {"test": {"nmi": "0.5"}}}, "'metrics' must be"),
        ({"metrics": {"test": {"nmi": True}}}, "'metrics' must be"),
        ({"metrics": {"test": {"nmi": float("nan")}}}, r"metrics\.test\.nmi is nan"),
        ({"metrics": [1]}, "'metrics' must be"),
        ({"uncertainty": {"test": {"nmi": 0.5}}}, "'uncertainty' must be"),
        ({"uncertainty": {"test": {"nmi": {"se": "0.5"}}}}, "'uncertainty' must be"),
        ({"uncertainty": {"test": {"nmi": {"se": float("inf")}}}}, r"uncertainty\.test\.nmi\.se is inf"),
        ({"schema_version": 1}, "'digests' is unknown"),
        ({"schema_version": 2}, "'digests' is unknown"),
        ({"digests": {"a": 1}}, "'digests' must be"),
        ({"directions": {"nmi": "up"}}, "'directions' must be"),
        ({"notes": "one"}, "'notes' must be"),
        ({"notes": [1]}, "'notes' must be"),
        ({"latent_dim": 1.5}, "'latent_dim' must be"),
        ({"extra": 1}, "'extra' is unknown"),
    ],
)
def test_reading_refuses_what_is_not_a_result(make_result, changes, message):
    with pytest.raises(UsageError, match=message):
        Result.from_json(changed(make_result(), **changes))


def test_reading_accepts_whole_numbers_as_metrics(make_result):
    assert Result.from_json(changed(make_result(), metrics={"test": {"nmi": 1}})).metrics["test"]["nmi"] == 1


@pytest.mark.parametrize("name", [item.name for item in fields(Result)])
def test_each_field_is_required_in_a_file(make_result, name):
    content = asdict(make_result())
    del content[name]
    with pytest.raises(UsageError, match=name):
        Result.from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("version", "lacking"), [(1, ["uncertainty", "digests", "scales"]), (2, ["digests", "scales"]), (3, ["scales"])]
)
def test_a_record_of_an_older_schema_reads_as_one_of_the_newest(version, lacking, make_result):
    old = asdict(make_result(metrics={"nmi": 0.5}))
    for name in lacking:
        del old[name]
    result = Result.from_json(json.dumps({**old, "schema_version": version}))
    assert result == make_result(metrics={"nmi": 0.5})
    assert all(getattr(result, name) == {} for name in lacking)
    assert Result.from_json(result.to_json()) == result
    with pytest.raises(UsageError, match="is missing"):
        Result.from_json(json.dumps(old))


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", '{"schema_version": 1' + "0" * 5000 + "}", "[" * 100_000])
def test_text_that_is_no_json_object(text):
    with pytest.raises(UsageError):
        Result.from_json(text)


def test_an_overflowing_number_is_refused(make_result):
    text = make_result(metrics={"nmi": 0.125}).to_json().replace("0.125", "1e999")
    with pytest.raises(UsageError, match="nmi is inf"):
        Result.from_json(text)


def test_read_names_the_file(tmp_path):
    path = tmp_path / "result.json"
    with pytest.raises(UsageError, match=r"result\.json: No such file"):
        Result.read(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(UsageError, match=r"result\.json: it is not UTF-8"):
        Result.read(path)


TOKENS = [
    *(
        "null",
        "true",
        "0",
        "-0",
        "-0.0",
        "0.5",
        "1e30",
        "1E400",
        "NaN",
        "-Infinity",
        "5e-324",
        '"x"',
        '"2.0"',
        '"finished"',
    ),
    *(str(2**63), str(2**64), str(-(2**63) - 1), str(10**400), f"{2**64}.0", "9" * 5000, "01", "1.", ""),
    *('"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\x07"', '"\u2028"', "[" * 60 + "]" * 60, "[" * 1500 + "]" * 1500),
    *(
        "[]",
        "{}",
        "[1]",
        '["a"]',
        '{"a": 1}',
        '{"a": {}}',
        '{"a": {"b": 1}}',
        '{"a": {"b": {"se": 1}}}',
        '{"\\ud800": 1}',
    ),
    *('{"a": {"b": {"se": 1, "low": 2, "high": 3.5, "more": 4}}}', '{"a": 1, "b": 2, "a": 1e30}', '{"a": "higher"}'),
]


def met(text):
    """The result that a text holds, or what is said against it."""
    try:
        return repr(Result.from_json(text))
    except UsageError as refused:
        return str(refused)


def test_quick_way_takes_and_refuses_what_the_careful_one_does(make_result, monkeypatch):
    content = asdict(make_result(metrics={"nmi": 0.5}))
    texts = [f"{mark}{json.dumps(content)}" for mark in ("", "\r\n", "\ufeff", "\x0c")]
    for name in content:
        texts += [json.dumps({**content, name: "@"}).replace('"@"', token) for token in TOKENS]
    texts += [texts[0].replace(", ", place, 1) for place in (",, ", "", ", 1: ", ",\n\x01", ',"seed": "x", ', "\\n,")]
    found = [met(text) for text in texts]
    assert [met(text.encode()) for text in texts] == found
    monkeypatch.setattr("embedbench.results.record.quick", lambda text: None)
    for text, one in zip(texts, found, strict=True):
        assert met(text) == one


def test_many_files_are_read_as_each_alone(make_result, tmp_path):
    fine, paths = make_result(metrics={"nmi": 0.5}), []
    for number, change in enumerate(
        [{}, {"seed": 2**70}, {}, {"seed": "0"}, {"schema_version": 4}, {}, {"more": 1}, {}]
    ):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(changed(fine, **change))
    old = {**asdict(fine), "schema_version": 2}
    del old["digests"]
    for name, text in [("old", json.dumps(old)), ("cut", "{"), ("none", "null")]:
        paths.append(tmp_path / name)
        paths[-1].write_text(text)
    paths.append(tmp_path / "nowhere")
    assert [seen(one) for one in Result.read_all(paths)] == [alone(path) for path in paths]
    assert [seen(one) for path in paths for one in Result.read_all([path])] == [alone(path) for path in paths]
    assert [*Result.read_all([])] == []
    assert sum(isinstance(one, Result) for one in Result.read_all(paths)) == 6


def seen(one):
    return one if isinstance(one, Result) else str(one)


def alone(path):
    try:
        return Result.read(path)
    except UsageError as refused:
        return str(refused)


def test_lines_are_counted_as_in_a_text_file(tmp_path):
    (tmp_path / "result.json").write_bytes(b'{\r\n"a": 1,\r\n"b" 2}')
    with pytest.raises(UsageError, match=r"line 3 column 5 \(char 14\)"):
        Result.read(tmp_path / "result.json")
