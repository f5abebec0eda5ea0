"""Each suspicion with its counts on an embedding made to raise it, and none on embeddings of common data."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.preprocessing import StandardScaler

from embedbench import assess
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite
from embedbench.evaluation.suspicion import of_gallery

CHEAP = Suite(["probe/knn_accuracy", "retrieval"], neighbors=3)


def blobs(n_rows=120, classes=4, dim=5, apart=2.0, seed=0):
    rng = np.random.default_rng(seed)
    label = np.arange(n_rows) % classes
    return rng.normal(size=(n_rows, dim)) + apart * np.eye(classes, dim)[label], label


def notes(z, label, suite=CHEAP, **kwargs):
    return assess(z, label, suite=suite, **kwargs).notes


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer, load_digits])
def test_nothing_is_said_of_common_data(load):
    data = load()
    assert notes(StandardScaler().fit_transform(data.data), data.target) == []


def test_nothing_is_said_of_ordinary_blobs_or_of_one_point_for_each_class():
    z, label = blobs()
    assert notes(z, label) == []
    assert of_gallery(Rows(np.eye(4)[label], label)) == []
    assert of_gallery(Rows(np.eye(2)[label % 2], label % 2)) == []  # one direction is all that two classes need


@pytest.mark.parametrize("shape", [(50, 1), (50, 8), (5000, 3)])
def test_equal_rows(shape):
    rows = Rows(np.full(shape, 0.7), np.arange(len(np.empty(shape))) % 2)
    (note,) = of_gallery(rows)
    assert note.startswith(f"all {min(shape[0], 1000)} gallery rows looked at have the same embedding; the model has")


def test_fewer_distinct_rows_than_classes():
    _, label = blobs(classes=4)
    (note,) = of_gallery(Rows(np.eye(3)[label % 3], label))
    assert note.startswith("120 gallery rows of 4 classes have only 3 distinct embeddings; ")


def test_rows_that_differ_by_little_of_their_size():
    z, label = blobs()
    (note,) = of_gallery(Rows((1 + 1e-6 * z).astype(np.float32), label))
    assert note.startswith("gallery rows differ by at most ")
    assert of_gallery(Rows((1 + 1e-2 * z).astype(np.float32), label)) == []


@pytest.mark.parametrize(("spread", "said"), [(0.02, True), (0.2, False)])
def test_one_direction(spread, said):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 1)) @ np.ones((1, 6)) + spread * rng.normal(size=(400, 6))
    values = np.linalg.eigvalsh(np.cov(z.T, bias=True))
    found = of_gallery(Rows(z))
    assert (len(found) == 1) == said == bool(values[-1] / values.sum() > 0.999)
    if said:
        assert found[0].startswith(f"{100 * values[-1] / values.sum():.4g} % of the gallery's variance in 6 dimensions")


def test_classes_of_the_query_that_the_gallery_lacks():
    z, label = blobs()
    found = notes(z[:40], label[:40], gallery=(z[40:][label[40:] > 1], label[40:][label[40:] > 1]))
    assert found == [
        "test: 2 of 4 classes (20 of 40 query rows) have no row in the gallery and can't be found; add rows of them or "
        "leave them out"
    ]


def test_no_class_of_the_query_in_the_gallery():
    z, label = blobs()
    (note,) = notes(z[:40], np.char.add("Class ", label[:40].astype(str)), gallery=(z[40:], label[40:].astype(str)))
    assert note.startswith("test: none of the 4 classes is in the gallery: rows are retrieved, and k-means is fitted,")
    assert note.endswith("if the classes are the same, name them alike")


def test_the_only_class_of_the_query_is_not_in_the_gallery():
    z, label = blobs()
    (note,) = notes(z[:40], np.full(40, 9), gallery=(z[40:], label[40:]))
    assert note.startswith("test: none of the 1 classes of the 40 query rows is in the gallery, so that every score")


def test_classes_with_a_single_row():
    z, label = blobs()
    label[[3, 50]] = 7, 8
    (note,) = of_gallery(Rows(z, label))
    assert note.startswith("2 of 6 gallery classes have a single row, by which alone their queries can be right; ")


def test_every_query_right():
    z, label = blobs(apart=1000)
    (note,) = notes(z, label)
    assert note.startswith("test: every one of the 24 query rows is right, ")
    rows = {"train": Rows(z[24:], label[24:], sees_label=True), "test": Rows(z[:24], label[:24])}
    assert CHEAP.assess(rows["train"], {"test": rows["test"]})["test"].notes == []


def test_every_query_wrong():
    z, label = blobs(apart=1000)
    (note,) = notes(z[:40], (label[:40] + 1) % 4, gallery=(z[40:], label[40:]))
    assert note.startswith("test: every one of the 40 query rows is wrong, which is worse than chance; ")


def test_a_target_without_error():
    z, _ = blobs()
    suite = Suite(["probe"], neighbors=3)
    (note,) = notes(z, z @ np.arange(1.0, 6.0), suite)
    assert note.startswith("test: probe/linear_r2 above 0.999 leaves no error; ")
    assert notes(z, z @ np.arange(1.0, 6.0) + np.random.default_rng(1).normal(size=len(z)), suite) == []


def test_a_large_gallery_takes_little_time():
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(100_000, 100)).astype(np.float32), rng.integers(0, 50, 100_000))
    started = time.process_time()
    assert of_gallery(rows) == []
    assert time.process_time() - started < 1
