"""Columns that are set aside: what they hold, and what is refused of them."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.labels.further_columns import FurtherColumns, check_train, read_further
from embedbench.errors import UsageError
from embedbench.types import FurtherLabel

FRAME = pd.DataFrame(
    {
        "region": ["n", "s", None, "n", "s", "n"],
        "age": [30, 41, 30, 25, np.nan, 41],
        "income": [1.5, np.nan, 2.25, 3.5, 4.0, 5.0],
        "genus": ["cat", "cat", "cat", "dog", "dog", "wolf"],
        "family": ["f", "f", "f", "c", None, "c"],
        "id": list("uvwxyz"),
        "same": ["a"] * 6,
        "none": [None] * 6,
        "mixed": ["1.5", "2.5", "3.5", "4.5", "5.5", "far"],
    }
)
SPECIES = FurtherLabel(np.array([0, 1, 0, 2, 2, 3]), ("lion", "lynx", "beagle", "grey wolf"))


MIXED = pd.concat([FRAME, FRAME])


def read(*probe, levels=(), label=None, kinds=None, frame=FRAME):
    return read_further(frame, FurtherColumns(probe, levels), label, kinds={} if kinds is None else kinds)


def test_columns_are_classes_or_real_targets_as_labels_are():
    found = read("region", "age", "income")
    assert {name: one.target for name, one in found.labels.items()} == {
        "region": "classes",
        "age": "classes",
        "income": "real",
    }
    np.testing.assert_array_equal(found.labels["region"].label, [0, 1, -1, 0, 1, 0])
    assert found.labels["region"].classes == ("n", "s")
    np.testing.assert_array_equal(found.labels["age"].label, [1, 2, 1, 0, -1, 2])
    np.testing.assert_array_equal(found.labels["income"].label, FRAME["income"])
    assert found.labels["income"].there.tolist() == [True, False, True, True, True, True]
    assert found.notes == (
        "no model sees 'region', 'age', 'income', by which probes are scored",
        "column 'region': 1 of 6 rows have no value and are left out of its scores alone",
        "column 'age': 1 of 6 rows have no value and are left out of its scores alone",
        "column 'income': 1 of 6 rows have no value and are left out of its scores alone",
    )


def test_what_a_column_holds_can_be_said():
    found = read("age", kinds={"age": "numeric"}).labels["age"]
    np.testing.assert_array_equal(found.label, FRAME["age"])
    assert found.classes == ()
    with pytest.raises(UsageError, match=r"regression label must be numbers, got 'n'; leave it out of `numeric`\."):
        read("region", kinds={"region": "numeric"})
    assert read("mixed", kinds={"mixed": "categorical"}, frame=MIXED).labels["mixed"].classes[-1] == "far"


def test_levels_are_ordered_from_the_finest_whatever_the_order_given():
    for levels in (("genus", "family"), ("family", "genus")):
        found = read("region", levels=levels, label=SPECIES).labels
        assert [(name, one.height) for name, one in found.items()] == [("region", 0), ("genus", 1), ("family", 2)]
    np.testing.assert_array_equal(found["family"].label, [1, 1, 1, 0, -1, 0])


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("none", "column 'none' of `probe` holds no value in the rows that are used; leave it out."),
        ("same", "column 'same' of `probe` holds one class only, 'a', which tells nothing; leave it out."),
        ("id", "column 'id' of `probe` has another class in each of 6 rows, such as 'u'"),
        (
            "mixed",
            "column 'mixed' of `probe`: the label holds numbers with fractions, but also 'far'; repair it, or name",
        ),
    ],
)
def test_columns_that_tell_nothing_are_refused(probe, said):
    with pytest.raises(UsageError) as refused:
        read(probe)
    assert str(refused.value).startswith(said)


def test_levels_need_classes_to_stand_above():
    with pytest.raises(UsageError, match="finest level, but there is no label"):
        read(levels=("family",))
    with pytest.raises(UsageError, match="but the label is a real target"):
        read(levels=("family",), label=FurtherLabel(np.arange(6.0)))
    with pytest.raises(
        UsageError, match="column 'age' of `levels` is classes, whatever it holds; leave it out of `num"
    ):
        read(levels=("age",), label=SPECIES, kinds={"age": "numeric"})


def test_a_hierarchy_that_is_none_is_refused_with_the_rows():
    with pytest.raises(UsageError) as refused:
        read(levels=("region",), label=SPECIES)
    assert str(refused.value) == (
        "level 'region' can't stand above the label: 1 of its 4 classes have rows in several of its classes, such as "
        "'beagle' in 'n' (1 rows), 's' (1 rows); repair these rows (1 of 5), or give the column to `probe`, which asks "
        "for no hierarchy."
    )
    torn = FRAME.assign(family=["f", "f", "c", "c", None, "c"])
    with pytest.raises(
        UsageError, match=r"level 'family' can't stand above level 'genus': 1 of its 3 .* 'cat' in 'c' \("
    ):
        read_further(
            torn, FurtherColumns(levels=("family", "genus")), FurtherLabel(np.arange(6), tuple("uvwxyz")), kinds={}
        )


@pytest.mark.parametrize("seed", range(20))
def test_the_rows_of_a_torn_hierarchy_are_counted_as_by_a_loop(seed):
    rng = np.random.default_rng(seed)
    fine = rng.integers(0, 6, 60)
    coarse = np.where(rng.random(60) < 0.1, rng.integers(0, 3, 60), fine // 2)
    coarse[rng.random(60) < 0.1] = -1
    pairs = pd.DataFrame({"fine": fine, "coarse": coarse})[coarse >= 0]
    tables = [of["coarse"].value_counts() for _, of in pairs.groupby("fine")]
    torn = [counts for counts in tables if len(counts) > 1]
    frame = pd.DataFrame({"above": [None if one < 0 else "abc"[one] for one in coarse]})
    label = FurtherLabel(fine, tuple("uvwxyz"))
    if not torn:
        assert read_further(frame, FurtherColumns(levels=("above",)), label, kinds={}).labels["above"].height == 1
        return
    odd = sum(counts.sum() - counts.max() for counts in torn)
    with pytest.raises(
        UsageError, match=rf"{len(torn)} of its {len(tables)} classes .* rows \({odd} of {len(pairs)}\)"
    ):
        read_further(frame, FurtherColumns(levels=("above",)), label, kinds={})


def test_a_column_has_one_role():
    roles = {"label": ["y"], "drop": ["z", None]}
    names = FurtherColumns.of([" a "], ["b"], roles)
    assert names == FurtherColumns(("a",), ("b",))
    assert names.among(["b", "c"]) == FurtherColumns((), ("b",))
    for probe, levels, said in (
        (["y"], None, "'y' is named by both `label` and `probe`"),
        (None, ["z"], "'z' is named by both `drop` and `levels`"),
        (["a"], ["a"], "'a' is named by both `probe` and `levels`"),
        (["a", "a "], None, "'a' is named twice by `probe`"),
    ):
        with pytest.raises(UsageError, match=said):
            FurtherColumns.of(probe, levels, roles)
    with pytest.raises(UsageError, match="`levels` names columns, and a folder has none"):
        FurtherColumns((), ("b",)).refuse_folder()


def test_train_rows_must_tell_something():
    further = read("region", "income").labels
    check_train(further, np.array([0, 1]))
    with pytest.raises(UsageError, match="'region', which is set aside, holds one class only, 'n', in the train rows"):
        check_train(further, np.array([0, 2, 3]))
    with pytest.raises(UsageError, match="'income', which is set aside, holds no value in the train rows"):
        check_train({"income": further["income"]}, np.array([1]))
