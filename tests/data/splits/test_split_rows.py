"""Cuts: stratified, seeded, disjoint, complete."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedShuffleSplit

from embedbench.data.splits.split_rows import split_rows
from embedbench.data.splits.stratified import stratified_sample
from embedbench.errors import UsageError

LABEL = np.repeat([0, 1, 2], [100, 50, 10])


def whole(n):
    return np.full(n, "train")


def counts(label, rows):
    return np.bincount(label[rows], minlength=label.max() + 1).tolist()


@pytest.mark.parametrize("label", [LABEL, None])
def test_splits_are_disjoint_complete_and_of_the_stated_sizes(label):
    rows = split_rows(whole(160), label, seed=0)
    assert {split: len(r) for split, r in rows.items()} == {"train": 115, "val": 13, "test": 32}
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(160))
    assert all((np.diff(r) > 0).all() for r in rows.values())


def test_classes_keep_their_shares():
    rows = split_rows(whole(160), LABEL, seed=0)
    assert counts(LABEL, rows["test"]) == [20, 10, 2]  # 20 % of 100, 50, 10: exact
    assert counts(LABEL, rows["val"]) == [8, 4, 1]  # 13 of 80, 40, 8: ideal 8.1, 4.1, 0.8


@pytest.mark.parametrize("seed", range(5))
def test_class_counts_equal_those_of_scikit_learn(seed):
    label = np.random.default_rng(seed).integers(0, 7, 331) ** 2
    _, expected = next(StratifiedShuffleSplit(1, test_size=66, random_state=0).split(label, label))
    rows = stratified_sample(label, 331, 66, np.random.default_rng(seed))
    assert len(set(rows)) == 66
    assert np.abs(np.array(counts(label, rows)) - counts(label, expected)).max() <= 1  # ties break at random


def test_draw_is_random_within_a_class():
    drawn = np.concatenate([stratified_sample(LABEL, 160, 16, np.random.default_rng(seed)) for seed in range(200)])
    often = np.bincount(drawn[drawn < 100], minlength=100)
    assert often.sum() == 2000
    assert often.min() > 5  # 20 expected each; a draw of the first rows would leave zeros
    assert often.max() < 45


def test_remainders_that_tie_break_at_random():
    label = np.repeat(np.arange(10), 2)
    drawn = [tuple(label[stratified_sample(label, 20, 5, np.random.default_rng(seed))]) for seed in range(20)]
    assert len(set(drawn)) > 5
    assert all(len(set(classes)) == 5 for classes in drawn)


def test_seed_fixes_the_splits():
    one, same, other = (split_rows(whole(160), LABEL, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one[split], same[split]) for split in one)
    assert not np.array_equal(one["test"], other["test"])
    assert not np.array_equal(one["val"], other["val"])


def test_official_test_rows_stay_and_validation_is_cut_from_train():
    official = np.array(["train", "test"] * 80)
    rows = split_rows(official, LABEL, seed=0)
    assert np.array_equal(rows["test"], np.arange(1, 160, 2))
    assert (official[rows["val"]] == "train").all()
    assert len(rows["val"]) == 8


def test_seed_moves_validation_and_subsets_where_the_test_split_is_official():
    official = np.repeat(["train", "test"], [100, 60])
    one, other = (split_rows(official, LABEL, seed, train_rows=50, test_rows=30) for seed in (0, 1))
    assert not np.array_equal(one["test"], other["test"])
    kept = [np.sort(np.concatenate([rows["train"], rows["val"]])) for rows in (one, other)]
    assert not np.array_equal(*kept)
    full, moved = (split_rows(official, LABEL, seed)["val"] for seed in (0, 1))
    assert not np.array_equal(full, moved)


def test_official_validation_rows_are_kept():
    official = np.repeat(["train", "val", "test"], [100, 20, 40])
    rows = split_rows(official, LABEL, seed=0)
    assert np.array_equal(rows["val"], np.arange(100, 120))
    assert np.array_equal(rows["train"], np.arange(100))


def test_subsets_are_stratified_and_don_t_disturb_each_other():
    official = np.repeat(["train", "test"], 160)
    label = np.concatenate([LABEL, LABEL])
    alone = split_rows(official, label, seed=0, train_rows=80)
    both = split_rows(official, label, seed=0, train_rows=80, test_rows=16)
    assert len(both["train"]) + len(both["val"]) == 80
    assert counts(label, np.concatenate([both["train"], both["val"]])) == [50, 25, 5]
    assert counts(label, both["test"]) == [10, 5, 1]
    assert np.array_equal(alone["train"], both["train"])
    assert np.array_equal(alone["val"], both["val"])
    assert (both["test"] >= 160).all()


def test_a_class_of_one_row_goes_to_train_whatever_the_seed():
    label = np.append(np.repeat([0, 1], 5), [2, 3])
    for seed in range(20):
        rows = split_rows(whole(12), label, seed)
        assert {10, 11} <= set(rows["train"])
        assert set(label[rows["train"]]) == {0, 1, 2, 3}


def test_too_many_rows_asked():
    with pytest.raises(UsageError, match=r"`train_rows` must be in \[1, 128\] for these data, got 129"):
        split_rows(whole(160), LABEL, seed=0, train_rows=129)
    with pytest.raises(UsageError, match=r"`test_rows` must be in \[1, 32\]"):
        split_rows(whole(160), LABEL, seed=0, test_rows=33)


def test_nothing_to_cut():
    with pytest.raises(UsageError, match="every class has a single row"):
        split_rows(whole(5), np.arange(5), seed=0)
    with pytest.raises(UsageError, match="no val rows can be cut from train because only 1 rows are left"):
        split_rows(whole(2), None, seed=0)
