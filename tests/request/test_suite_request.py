"""The suite from words, without a model."""

import pytest

from embedbench.errors import UsageError
from embedbench.request.suite_request import build_suite, make_suite


def test_suite():
    suite = build_suite(["--suite.neighbors", "7", "--suite.metrics=[probe]", "--suite.distance", "cosine"])
    assert (suite.protocol.neighbors, suite.distance) == (7, "cosine")
    assert {name.split("/")[0] for name in suite.measures()} == {"probe"}
    assert build_suite([]).protocol.neighbors == 20
    assert make_suite({"class_path": "embedbench.evaluation.suite.Suite"}).protocol.neighbors == 20


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--suit.neighbors", "7"], "unknown key '--suit.neighbors'"),
        (["--model", "pca"], "unknown key '--model'"),
        (["--suite.neighbours", "7"], "did you mean '--suite.neighbors'"),
        (["--suite.neighbors", "x"], "--suite.neighbors must be a whole number of at least 1, got 'x'"),
        (["--suite", "defalt"], "unknown suite 'defalt'; did you mean 'default'"),
    ],
)
def test_refused(args, said):
    with pytest.raises(UsageError, match=said):
        build_suite(args)
