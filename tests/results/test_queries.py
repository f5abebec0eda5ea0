import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.results.queries import write_queries


def test_what_is_written_reads_back_and_is_replaced_whole(tmp_path):
    rng = np.random.default_rng(0)
    for rows in (9, 4):
        index = rng.permutation(rows)
        values = {
            name: rng.normal(size=rows).astype(np.float32) for name in ("retrieval/recall@1", "probe/knn_accuracy")
        }
        path = write_queries(tmp_path / "runs" / "a", "val", index, values)
        assert path == tmp_path / "runs" / "a" / "queries" / "val.npz"
        with np.load(path) as kept:
            assert set(kept.files) == {"index", *values}
            for name, expected in {"index": index, **values}.items():
                assert kept[name].dtype == expected.dtype
                np.testing.assert_array_equal(kept[name], expected)
        assert [file.name for file in path.parent.iterdir()] == ["val.npz"]


def test_equal_values_take_little_room(tmp_path):
    path = write_queries(tmp_path, "test", np.arange(10_000), {"a": np.ones(10_000, np.float32)})
    assert path.stat().st_size < 30_000


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "queries").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        write_queries(tmp_path, "val", np.arange(1), {})
