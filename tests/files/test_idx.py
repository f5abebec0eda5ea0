"""IDX files: read what a hand-made header says, refuse what it doesn't."""

import gzip
import struct

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.files.idx import read_idx, read_pair

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, kind=8):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_reads_what_was_written(tmp_path, packed):
    path = tmp_path / ("x.gz" if packed else "x")
    path.write_bytes(gzip.compress(idx(IMAGES)) if packed else idx(IMAGES))
    assert np.array_equal(read_idx(path, axes=3), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x89PNG....", "not an IDX file"),
        (idx(IMAGES, kind=9), "not an IDX file"),
        (idx(IMAGES[0]), "not an IDX file of bytes with 3 axes"),
        (idx(IMAGES)[:10], "not an IDX file"),
        (idx(IMAGES)[:-1], "must hold 24 values as its header says, got 23"),
        (idx(IMAGES) + b"\0", "got 25"),
    ],
)
def test_broken_files_are_named(tmp_path, content, message):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message) as error:
        read_idx(path, axes=3)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(idx(IMAGES))[:-12], b"\x1f\x8b\x08\x00 broken inside"],
    ids=["text", "cut", "junk"],
)
def test_broken_gzip_is_named(tmp_path, content):
    path = tmp_path / "broken.gz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot read .*broken\.gz"):
        read_idx(path, axes=3)


@pytest.mark.parametrize(
    "name", ["{}-idx{}-ubyte", "{}-idx{}-ubyte.gz", "{}.idx{}-ubyte", "{}-idx{}", "{}.idx{}.gz", "{}-ubyte"]
)
def test_usual_names_are_found(tmp_path, name):
    for kind, axes, array in (("images", 3, IMAGES), ("labels", 1, np.array([4, 2], np.uint8))):
        path = tmp_path / name.format(f"train-{kind}", axes)
        path.write_bytes(gzip.compress(idx(array)) if name.endswith("gz") else idx(array))
    images, labels = read_pair(tmp_path, "train")
    assert np.array_equal(images, IMAGES)
    assert labels.tolist() == [4, 2]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"there is no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz in"):
        read_pair(tmp_path, "t10k")


def test_counts_must_agree(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(UsageError, match="2 train images but 3 labels"):
        read_pair(tmp_path, "train")
