"""What products leave open is found at some ranks as it is among all of them."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.evaluation.metrics.retrieval.near_ties import Lines, nearest_relevant


def lines(gap, queries=3, rows=700, total=300):
    """Keys in rising order, with steps of so much rounding at random."""
    rng = np.random.default_rng(0)
    steps = rng.choice([0, 1e-7, gap, 100 * gap], (queries, rows), p=[0.2, 0.3, 0.4, 0.1])
    squares = (1 + np.cumsum(steps, axis=1)).astype(np.float32)
    keys = np.sort((squares.view(np.int32) & -2) | rng.integers(0, 2, squares.shape, np.int32), axis=1)
    found = np.full(queries, rows)
    return Lines(keys, found, nearest_relevant(keys), np.full(queries, total), np.ones(queries, np.float32), 16)


@pytest.mark.parametrize("gap", [1e-6, 5e-6, 2e-5])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 10), (5, 6), (299, 300), (350, 420), (699, 700), (0, 700)])
def test_runs_at_some_ranks_are_those_of_all(gap, low, high):
    some = lines(gap)
    for line in range(len(some.keys)):
        begin, end, relevant = some._runs(line)
        touched = (begin < high) & (end > low)
        for found, wanted in zip(some._runs(line, low, high), (begin, end, relevant), strict=True):
            np.testing.assert_array_equal(found, wanted[touched])


def test_runs_that_count_are_whole_and_named_once():
    some = lines(5e-6)
    for line in range(len(some.keys)):
        begin, end, _ = some._runs(line)
        found = some._runs_that_count(line, True, True)[0]
        place, total, looked_at = int(some.first[line]), 300, 1e4 / 300
        counts = (begin < looked_at) | ((begin <= place) & (end > place)) | ((begin < total) & (end > total))
        np.testing.assert_array_equal(found, begin[counts])
