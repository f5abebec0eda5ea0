"""Numpy files at a glance, by their headers."""

import numpy as np
import pytest

from embedbench.data.look.look import look
from embedbench.errors import UsageError


def test_arrays_by_their_headers(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.zeros((8, 3)), x_test=np.zeros((2, 3)), y_train=np.zeros(8), odd=[1])
    found = look(tmp_path / "a.npz")
    assert (found.modality, found.data, found.arguments) == ("array", "arrays", {"path": str(tmp_path / "a.npz")})
    assert (found.rows, [column.becomes for column in found.columns]) == (
        10,
        ["features", "features", "label", "ignored"],
    )
    assert found.columns[0].why == "float64 of 8 x 3"
    np.save(tmp_path / "b.npy", np.zeros((5, 28, 28), np.uint8))
    assert (look(tmp_path / "b.npy").modality, look(tmp_path / "b.npy").rows) == ("image", 5)


def test_what_is_none_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", z=np.zeros(3))
    with pytest.raises(UsageError, match=r"a\.npz must hold x, or x_train and x_test, got z"):
        look(tmp_path / "a.npz")
    (tmp_path / "b.npy").write_bytes(b"no array")
    with pytest.raises(UsageError, match=r"cannot read .*b\.npy as numpy arrays"):
        look(tmp_path / "b.npy")
