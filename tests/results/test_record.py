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
        "digests"
    )
    content = json.loads(make_result(metrics={"b": 1.0, "a": 2.0}).to_json())
    assert list(content) == expected.split()
    assert content["schema_version"] == 3
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
        ({"schema_version": 4, "status": "new word"}, "schema_version 4 is newer than 3.*upgrade"),
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


@pytest.mark.parametrize(("version", "lacking"), [(1, ["uncertainty", "digests"]), (2, ["digests"])])
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
