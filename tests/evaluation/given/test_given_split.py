"""Vectors made elsewhere follow the split that a file says, by their ids or their numbers."""

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.given.given_split import with_split
from embedbench.files.vector_reader import Vectors

Z = np.arange(12.0).reshape(6, 2)
IDS = np.array([f"d{number}" for number in range(6)])


def vectors(ids=IDS, split=None):
    return Vectors(Z, np.arange(6) % 2, split, (), ids)


@pytest.fixture
def split_file(tmp_path):
    def write(text):
        path = tmp_path / "split.csv"
        path.write_text(text, encoding="utf8")
        return path

    return write


def test_rows_are_found_by_their_ids_in_any_order(split_file):
    file = split_file("row,id,split\n9,d4,test\n8,d0,train\n7,d5,val\n6,d1,train\n")
    found = with_split(file, vectors(), file)
    assert found.ids.tolist() == ["d0", "d1", "d4", "d5"]
    assert found.split.tolist() == ["train", "train", "test", "val"]
    np.testing.assert_array_equal(found.z, Z[[0, 1, 4, 5]])
    assert found.label.tolist() == [0, 1, 0, 1]
    assert found.notes == ("2 of 6 rows are not in split.csv: left out",)


def test_without_ids_rows_are_found_by_their_number(split_file):
    file = split_file("row,split\n5,test\n0,train\n1,train\n2,train\n3,val\n4,train\n")
    found = with_split(file, vectors(ids=None), file)
    assert found.split.tolist() == ["train", "train", "train", "val", "train", "test"]
    assert found.notes == ()


def test_splits_are_called_as_elsewhere(split_file):
    """As a column of splits of data to train on may call them."""
    file = split_file("row,split\n0,Train\n1, train\n2,DEV\n3,validation\n4,valid\n5,Test\n")
    assert with_split(file, vectors(), file).split.tolist() == ["train", "train", "val", "val", "val", "test"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,split\nd9,train\nd1,test\n", "lacks 1 of the 2 rows of .*, such as id 'd9'; give the vectors of all"),
        ("id,split\nd1,train\nd1,test\n", "lists id 'd1' more than once; list each row once"),
        ("id,split\nd1,train\nd2,fold\n", "must hold train, val or test, got fold"),
        ("id,part\nd1,train\n", "unknown column of .*: 'split'"),
        ("name,split\nd1,train\n", "unknown column of .*: 'row'"),
    ],
)
def test_what_does_not_belong_to_the_vectors_is_refused(text, said, split_file):
    file = split_file(text)
    with pytest.raises(UsageError, match=said):
        with_split(file, vectors(), file)


def test_two_splits_are_refused(split_file):
    file = split_file("id,split\nd1,train\n")
    with pytest.raises(UsageError, match="has a split of its own, and --split_file gives another"):
        with_split(file, vectors(split=np.repeat(["train", "test"], 3)), file)
