"""Scores one file of vectors, as `embedbench evaluate FILE` does."""

from __future__ import annotations

from embedbench.evaluation.given.vector_files import read_files, score_vectors
from embedbench.evaluation.suite import Suite


def score_file(path, gallery_path=None, suite=None, qrels=None):
    """The scores of the vectors in a file."""
    suite = suite or Suite()
    (given,) = read_files([path], gallery_path, suite.protocol.seed, qrels)
    return score_vectors(given, suite)
