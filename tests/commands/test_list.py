"""`embedbench list`: one line a name."""

import pytest

from embedbench.catalog import describe, names
from embedbench.evaluation.suite import Suite


@pytest.mark.parametrize(("what", "folder"), [("models", "conf/model"), ("data", "conf/data")])
def test_files_and_their_first_lines(what, folder, command, tmp_path):
    ended = command(tmp_path, "list", what)
    shown = dict(line.split(maxsplit=1) for line in ended.out.splitlines())
    assert ended.code == 0
    assert shown == {name: describe(path) for name, path in names(folder).items()}


def test_metrics_are_those_of_the_suite(command, tmp_path):
    shown = dict(line.split(maxsplit=1) for line in command(tmp_path, "list", "metrics").out.splitlines())
    measures = Suite().measures()
    assert set(shown) == set(measures)
    assert shown["probe/knn_accuracy"] == "↑ [0, 1]"
    assert shown["separation/davies_bouldin"].startswith("↓")
