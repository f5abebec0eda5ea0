from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import coo_matrix
from scored_file import score_file

from embedbench import assess, evaluate
from embedbench.errors import UsageError
from embedbench.evaluation.space import Rows
from embedbench.evaluation.suite import Suite

QUICK = ["probe", "retrieval/map@r"]


def test_with_a_gallery_equals_the_suite(random_pair):
    (z_gallery, y_gallery), (z, y) = random_pair
    expected = Suite().score(Rows(z_gallery, y_gallery), {"test": Rows(z, y)})["test"]
    assert evaluate(z, y, gallery=(z_gallery, y_gallery)) == expected


def test_assess_gives_the_same_metrics_and_says_of_which_rows(digits):
    (z, y), _ = digits
    suite = Suite(["probe/knn_accuracy", "latent"])
    found = assess(z, y, suite=suite, seed=3)
    assert found.metrics == evaluate(z, y, suite=suite, seed=3)
    assert found.queries.keys() == found.uncertainty.keys() == {"probe/knn_accuracy"}
    others = np.setdiff1d(np.arange(len(z)), found.index)
    right = found.queries["probe/knn_accuracy"]
    for row, hit in zip(found.index[:20], right[:20], strict=True):
        again = evaluate(z[[row]], y[[row]], gallery=(z[others], y[others]), suite=Suite(["probe/knn_accuracy"]))
        assert again == {"probe/knn_accuracy": hit}


def test_torch_tensors_and_lists_score_like_arrays(random_pair):
    (z_gallery, y_gallery), (z, y) = random_pair
    suite = Suite(QUICK)
    plain = evaluate(z, y, gallery=(z_gallery, y_gallery), suite=suite)
    tensor = torch.from_numpy(z_gallery).requires_grad_(), torch.from_numpy(y_gallery)
    assert evaluate(torch.from_numpy(z), torch.from_numpy(y), gallery=tensor, suite=suite) == plain
    assert evaluate(z.tolist(), y.tolist(), gallery=(z_gallery, y_gallery), suite=suite) == plain
    rounded = torch.from_numpy(np.round(z)).bfloat16()
    assert evaluate(rounded, y, gallery=(z_gallery, y_gallery), suite=suite) == evaluate(
        np.round(z), y, gallery=(z_gallery, y_gallery), suite=suite
    )


def test_names_of_gallery_and_query_are_matched(random_pair):
    (z_gallery, y_gallery), (z, y) = random_pair
    z, y = z[y > 1], y[y > 1]  # so that the query's own numbering would be another one
    suite = Suite(QUICK)
    plain = Suite(QUICK).score(Rows(z_gallery, y_gallery), {"test": Rows(z, y)})["test"]
    names = np.array(["a", "b", "c", "d", "e", "f"])
    assert evaluate(z, names[y], gallery=(z_gallery, names[y_gallery].astype(object)), suite=suite) == plain


def test_split_is_a_seeded_fifth_of_each_class(digits):
    (z, y), _ = digits
    suite = Suite(["latent", "probe/knn_accuracy"])
    seen = []
    score = suite.score
    suite.score = lambda gallery, queries: seen.append((gallery, queries["test"])) or score(gallery, queries)
    first, again, other = (evaluate(z, y, suite=suite, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    gallery, query = seen[0]
    assert sorted([*gallery.index, *query.index]) == list(range(len(z)))
    np.testing.assert_array_equal(query.z, z[query.index])
    for label in range(10):
        assert np.sum(query.label == label) == round(0.2 * np.sum(y == label))
    assert first["probe/knn_accuracy"] > 0.95


def test_what_was_embedded_is_scored_against(digits):
    (z_gallery, _), (z, _) = digits
    suite, gallery = Suite(["geometry"]), (z_gallery[:, :3], None)
    expected = suite.score(Rows(gallery[0]), {"test": Rows(z[:, :3], x=z)})["test"]
    images = torch.from_numpy(z.reshape(-1, 8, 8))
    for x in (z, images, z.tolist()):
        assert evaluate(z[:, :3], gallery=gallery, suite=suite, x=x) == expected
    sparse = evaluate(z[:, :3], gallery=gallery, suite=suite, x=coo_matrix(z))
    assert sparse == pytest.approx(expected, abs=1e-5)
    assert not any(name.startswith("geometry/") for name in evaluate(z[:, :3], gallery=gallery))


def test_what_was_embedded_is_cut_like_the_embedding(digits):
    (z, label), _ = digits
    order = np.random.default_rng(0).permutation(len(z))  # the same rows in another order have another cut
    for rows in (np.arange(len(z)), order):
        found = evaluate(z[rows], label[rows], suite=Suite(["geometry"]), x=z[rows])
        assert (found["geometry/rows"], found["geometry/trustworthiness"], found["geometry/stress"]) == (271, 1, 0)


@pytest.mark.parametrize("x", [np.zeros((29, 2)), np.zeros(30), coo_matrix((31, 2))])
def test_other_rows_than_were_embedded_are_refused(x):
    z = np.random.default_rng(0).normal(size=(30, 2))
    with pytest.raises(UsageError, match=r"x must have shape \(rows, features\) for the 30 rows of z"):
        evaluate(z, x=x)


def test_a_lone_member_stays_in_the_gallery():
    z = np.random.default_rng(0).normal(size=(41, 3))
    found = evaluate(z, [0] * 20 + [1] * 20 + [2], suite=Suite(QUICK))
    assert 0 <= found["probe/knn_accuracy"] <= 1
    with pytest.raises(UsageError, match="no class of 3 or more"):
        evaluate(z, range(41))


def test_real_and_missing_labels():
    z = np.random.default_rng(0).normal(size=(100, 3))
    assert "probe/knn_r2" in evaluate(z, z[:, 0])
    assert all(name.startswith(("latent/", "clustering/")) for name in evaluate(z))


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (["a"] * 29 + [None], "label holds 1 missing"),
        (np.zeros(29, int), "z has 30 rows and label has 29"),
        (np.zeros((30, 1), int), r"label must have shape \(rows,\), or \(rows, labels\) of 0 and 1, got \(30, 1\)"),
        (np.full(30, np.nan), "column 'label' holds 30"),
        (np.zeros(30, int), "at least 2 classes, got 1"),
    ],
)
def test_bad_labels_are_refused(label, message):
    with pytest.raises(UsageError, match=message):
        evaluate(np.random.default_rng(0).normal(size=(30, 2)), label)


@pytest.mark.parametrize("first", [2**53, 2**63 - 2])
def test_classes_of_signed_and_unsigned_types_are_told_apart(first):
    """Numpy joins int64 and uint64 in float64, which rounds these four classes to one or two."""
    group = np.arange(80) % 4
    z = np.eye(4)[group] + np.random.default_rng(0).normal(0, 0.3, (80, 4))
    gallery = np.uint64(first) + group.astype(np.uint64)
    chosen = np.flatnonzero(group < 2**63 - first)  # what int64 holds
    query = first + group[chosen]
    suite = Suite(["retrieval", "probe/knn_accuracy", "clustering/nmi"])
    expected = evaluate(z[chosen], group[chosen], gallery=(z, group), suite=suite)
    assert evaluate(z[chosen], query, gallery=(z, gallery), suite=suite) == expected


def test_booleans_are_other_classes_than_whole_numbers():
    group = np.arange(80) % 2
    z, truth = np.eye(2)[group], group == 1
    suite = Suite(["probe/knn_accuracy"])
    for label in (truth, truth.astype(str)):
        assert evaluate(z, truth, gallery=(z, label), suite=suite) == {"probe/knn_accuracy": 1}
    assert evaluate(z, truth, gallery=(z, group), suite=suite) == {}  # no class in common: nothing to predict


def test_bad_vectors_are_refused():
    with pytest.raises(UsageError, match="z must be numbers of shape"):
        evaluate(np.zeros(9))
    with pytest.raises(UsageError, match="column 1 holds 1"):
        evaluate(np.array([[0, np.nan], [0, 0]]), gallery=(np.zeros((40, 2)), None))


def test_file_with_splits_scores_each_of_them(tmp_path, random_pair):
    (z_gallery, y_gallery), (z, y) = random_pair
    split = ["train"] * 300 + ["val"] * 30 + ["test"] * 50
    order = np.random.default_rng(0).permutation(380)
    names = np.array([f"class {i}" for i in range(6)])
    whole = {"z": np.concatenate([z_gallery, z]), "label": names[np.concatenate([y_gallery, y])], "split": split}
    np.savez(tmp_path / "v.npz", **{key: np.asarray(value)[order] for key, value in whole.items()})
    suite = Suite(QUICK)
    scores = score_file(tmp_path / "v.npz", suite=suite)
    assert (scores.rows, scores.dim) == ({"train": 300, "val": 30, "test": 50}, 6)
    for name, part in {"val": slice(30), "test": slice(30, None)}.items():
        expected = evaluate(z[part], y[part], gallery=(z_gallery, y_gallery), suite=suite)
        by_linear = ("probe/linear_", "probe/brier", "probe/log_loss")  # its folds follow the order of the gallery
        plain = {metric: value for metric, value in expected.items() if not metric.startswith(by_linear)}
        assert scores.metrics[name].keys() == expected.keys()
        assert {metric: scores.metrics[name][metric] for metric in plain} == pytest.approx(plain, abs=1e-9)


def test_file_with_a_gallery_and_without(tmp_path, random_pair):
    (z_gallery, y_gallery), (z, y) = random_pair
    np.savez(tmp_path / "gallery.npz", z=z_gallery, label=y_gallery)
    np.savez(tmp_path / "query.npz", z=z, label=y)
    suite = Suite(QUICK)
    scores = score_file(tmp_path / "query.npz", tmp_path / "gallery.npz", suite)
    assert scores.metrics == {"test": evaluate(z, y, gallery=(z_gallery, y_gallery), suite=suite)}
    assert scores.rows == {"train": 300, "test": 80}
    cut = score_file(tmp_path / "gallery.npz", suite=Suite(QUICK, seed=4))
    assert cut.metrics == {"test": evaluate(z_gallery, y_gallery, suite=Suite(QUICK), seed=4)}
    assert sum(cut.rows.values()) == 300


def test_rows_of_a_split_that_follow_each_other_are_not_copied(monkeypatch, tmp_path, random_pair):
    given = []
    monkeypatch.setattr(Suite, "assess", lambda self, gallery, queries: given.append((gallery, queries)) or {})
    z, label = random_pair[0]
    for split in (["train"] * 200 + ["test"] * 100, ["test"] + ["train"] * 198 + ["test"] * 101):
        np.savez(tmp_path / "z.npz", z=z, label=label, split=split)
        score_file(tmp_path / "z.npz")
    (together, _), (_, apart) = given
    assert together.z.base is not None
    assert together.index.tolist() == list(range(200))
    np.testing.assert_array_equal(together.z, z[:200])
    np.testing.assert_array_equal(apart["test"].z, z[[0, *range(199, 300)]])


def test_mapped_files_score_like_arrays(tmp_path, random_pair):
    (z, label), query = random_pair
    np.save(tmp_path / "z.npy", z)
    mapped = np.load(tmp_path / "z.npy", mmap_mode="r")
    assert evaluate(*query, gallery=(mapped, label)) == evaluate(*query, gallery=(z, label))


def test_impossible_splits_are_refused(tmp_path):
    z = np.random.default_rng(0).normal(size=(30, 2))
    for name, split in {"a": ["test"] * 30, "b": ["train"] * 30}.items():
        np.savez(tmp_path / f"{name}.npz", z=z, split=split)
        with pytest.raises(UsageError, match="must name 'train' and 'val' or 'test'"):
            score_file(tmp_path / f"{name}.npz")
    np.savez(tmp_path / "plain.npz", z=z)
    with pytest.raises(UsageError, match=r"a\.npz has a split column"):
        score_file(tmp_path / "plain.npz", tmp_path / "a.npz")


@pytest.mark.slow
def test_scoring_a_file_imports_no_training_library(tmp_path, random_pair):
    (z, y), _ = random_pair
    np.savez(tmp_path / "v.npz", z=z, label=y)
    code = (
        "import sys; from pathlib import Path; from embedbench.evaluation.suite import Suite;"
        "from embedbench.evaluation.given.vector_files import read_files, score_vectors;"
        f"score_vectors(read_files([Path({str(tmp_path / 'v.npz')!r})])[0], Suite());"
        "print(sorted({'lightning', 'transformers', 'wandb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_what_was_left_out_of_a_file_is_said(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{i};{rng.normal():.3f};{i % 2}" for i in range(40)]
    (tmp_path / "v.csv").write_text("\n".join(["index;a;label", *lines]), encoding="utf8")
    scores = score_file(tmp_path / "v.csv", suite=Suite(["latent"]))
    assert scores.dim == 1
    assert scores.assessed["test"].notes[:2] == [
        "columns are separated by ';'",
        "column 'index' counts the rows: a saved row index, left out",
    ]


@pytest.mark.parametrize("seed", [-1, 0.5, "a", None])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(UsageError, match="seed must be a whole number, 0 or more"):
        evaluate(np.eye(4), seed=seed)


@pytest.mark.parametrize("gallery", [np.eye(4), (np.eye(4),), "z"])
def test_gallery_that_is_no_pair(gallery):
    with pytest.raises(UsageError, match=r"gallery must be a pair \(vectors, labels\)"):
        evaluate(np.eye(4), gallery=gallery)


def test_tensors_that_aren_t_dense_score_like_arrays():
    rng = np.random.default_rng(0)
    z, label = rng.normal(size=(60, 3)).astype(np.float32), np.arange(60) % 2
    suite = Suite(metrics=["retrieval"])
    expected = evaluate(z, label, suite=suite)
    assert evaluate(torch.from_numpy(z).to_sparse_csr(), torch.from_numpy(label).to_sparse(), suite=suite) == expected
    with pytest.raises(UsageError, match="got complex64 of shape"):
        evaluate(torch.from_numpy(z).to(torch.complex64), label)


def tagged(rows=120):
    rng = np.random.default_rng(0)
    hot = (rng.random((rows, 4)) < 0.35).astype(int)
    return hot @ rng.normal(size=(4, 3)) + rng.normal(0, 0.3, (rows, 3)), hot


def test_several_labels_are_the_same_however_they_are_given():
    z, hot = tagged()
    names = np.array(["red", "big", "new", "old"])
    lists = [names[row > 0].tolist() for row in hot]
    expected = evaluate(z, hot)
    assert {"probe/linear_map", "retrieval/shared@1", "clustering/stability"} <= expected.keys()
    for label in (hot.astype(bool), torch.from_numpy(hot), pd.DataFrame(hot), lists, pd.Series(lists)):
        found = evaluate(z, label)
        assert found.keys() == expected.keys()
        for name, value in found.items():
            assert value == pytest.approx(expected[name], abs=1e-6), name  # labels in another order: sums differ
    apart = evaluate(z[:30], lists[:30], gallery=(z[30:], lists[30:]))
    assert apart == evaluate(z[:30], lists[:30], gallery=(z[30:], lists[30:]))


def test_labels_of_the_query_that_the_gallery_lacks_are_noted():
    z, hot = tagged()
    hot[30:, 3] = 0
    notes = assess(z[:30], hot[:30], gallery=(z[30:], hot[30:])).notes
    rows = int(hot[:30, 3].sum())
    assert f"test: 1 of 4 labels ({rows} of 30 query rows have one) have no row in the gallery and can't" in str(notes)


@pytest.mark.parametrize(
    ("label", "gallery", "message"),
    [
        (np.full((120, 2), 2), None, "must hold 0 and 1 alone"),
        ([[]] * 120, None, "no row has any label"),
        ([["a"]] * 119 + [None], None, "label holds 1 missing values"),
        ([["a"], ["b"]] * 60, ["a", "b"] * 60, "in one of them rows have several each"),
    ],
)
def test_several_labels_that_can_not_be_used(label, gallery, message):
    z, _ = tagged()
    with pytest.raises(UsageError, match=message):
        evaluate(z, label, gallery=None if gallery is None else (z, gallery))
