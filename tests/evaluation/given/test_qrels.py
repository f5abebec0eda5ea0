"""Relevance judgements in the forms of TREC and BEIR, and what can't be one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.given.qrels import read_qrels

TREC = "q1 0 d2 1\nq2 0 d1 2\nq2 0 d3 0\n"
BEIR = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t2\nq2\td3\t0\n"
QUERIES, DOCUMENTS = ["q2", "q1", "q3"], ["d1", "d2", "d3"]


@pytest.mark.parametrize("text", [TREC, BEIR, BEIR.partition("\n")[2], TREC.replace(" ", "\t") + "\n\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_both_forms_say_the_same(tmp_path, text, packed):
    path = tmp_path / ("qrels.tsv.gz" if packed else "qrels.txt")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = read_qrels(path, QUERIES, DOCUMENTS)
    assert [one.tolist() for one in found] == [[0, 0, 1], [0, 2, 1], [2, 0, 1]]
    assert found.answerable().tolist() == [0, 1]
    assert [one.tolist() for one in found.of(np.array([1]))] == [[0], [1], [1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 0 d9 1", r"line 1 of .* judges the document 'd9', which no row has"),
        ("q1 0 d1 1\nx7 0 d1 1", r"line 2 of .* judges the query 'x7', which no row has"),
        ("q1 0 d1 1\nq1 0 d1 2", r"line 2 of .* grades q1 and d1 2, and a line before 1; keep one of them"),
        ("q1 d1", r"line 1 of .* must have 3 columns \(query, document, grade\) or TREC's 4, got 2"),
        ("q1 d1 0.5\nq1 d2 1", r"the grade in line 1 of .* must be a whole number, got '0.5'"),  # it is no header
        ("q1 0 d1 1\nq1 0 d2 high", r"the grade in line 2 of .* must be a whole number, got 'high'"),
        ("q1 0 d1 0", r"judges no document relevant"),
        ("", r"judges no document relevant"),
    ],
)
def test_what_is_no_judgement_is_refused(tmp_path, text, message):
    (tmp_path / "qrels.txt").write_text(text, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        read_qrels(tmp_path / "qrels.txt", QUERIES, DOCUMENTS)
