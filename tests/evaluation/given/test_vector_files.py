"""Several files of one set of rows, and files whose documents were judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scored_file import score_file

from embedbench.errors import UsageError
from embedbench.evaluation.given.vector_files import read_files
from embedbench.evaluation.suite import Suite

RNG = np.random.default_rng(0)


def save(path, z, **columns):
    pd.DataFrame({**columns, "embedding": z.tolist()}).to_parquet(path)
    return path


def test_rows_are_matched_by_ids(tmp_path):
    z, label = RNG.normal(size=(40, 3)), [*"ab"] * 20
    ids = np.array([f"r{i}" for i in range(40)])
    order = RNG.permutation(40)
    one = save(tmp_path / "one.parquet", z, id=ids, label=label)
    other = save(tmp_path / "other.parquet", z[order], id=ids[order], label=np.array(label)[order])
    first, second = read_files([one, other])
    for split, rows in first.rows.items():
        np.testing.assert_array_equal(rows.z, second.rows[split].z)
        np.testing.assert_array_equal(rows.label, second.rows[split].label)
    assert first.ids == second.ids != ""


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (30, {}, r"other.parquet has 30 rows and .*one.parquet has 40; score files of the same rows together"),
        (40, {"id": [f"x{i}" for i in range(40)]}, r"other.parquet lacks 40 ids of .*one.parquet, such as 'r0'"),
        (40, {"label": ["a"] * 40}, r"label of row 1 is 'b' in .*one.parquet and 'a' in .*other.parquet"),
    ],
)
def test_files_of_other_rows_are_refused(tmp_path, rows, columns, message):
    one = save(tmp_path / "one.parquet", RNG.normal(size=(40, 3)), id=[f"r{i}" for i in range(40)], label=[*"ab"] * 20)
    other = save(tmp_path / "other.parquet", RNG.normal(size=(rows, 3)), **columns)
    with pytest.raises(UsageError, match=message):
        read_files([one, other])


def test_judged_documents(tmp_path):
    documents = RNG.normal(size=(60, 4))
    queries = save(tmp_path / "queries.parquet", documents[:4] + 1e-3, id=["q0", "q1", "q2", "q3"])
    gallery = save(tmp_path / "documents.parquet", documents, id=[f"d{i}" for i in range(60)])
    (tmp_path / "qrels.txt").write_text("q0 0 d0 1\nq2 0 d2 2\nq3 0 d3 0\n", encoding="utf8")
    found = score_file(queries, gallery, Suite(["relevance"]), tmp_path / "qrels.txt").assessed["test"]
    assert (found.metrics["relevance/ndcg@10"], found.metrics["relevance/mrr"]) == (1, 1)
    assert found.index.tolist() == [0, 2]
    assert "2 of 4 queries have no relevant document and are left out: q1, q3" in found.notes


def test_judgements_need_ids_and_a_gallery(tmp_path):
    plain = save(tmp_path / "plain.parquet", RNG.normal(size=(30, 3)))
    (tmp_path / "qrels.txt").write_text("q0 0 d0 1\n", encoding="utf8")
    with pytest.raises(UsageError, match="give both"):
        read_files([plain], qrels=tmp_path / "qrels.txt")
    with pytest.raises(UsageError, match=r"needs ids, and .*plain.parquet has none"):
        read_files([plain], plain, qrels=tmp_path / "qrels.txt")
