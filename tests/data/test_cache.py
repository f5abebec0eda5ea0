"""What was made once is read again, also after a crash; a cache that can't be written costs no run."""

import numpy as np
import pytest

from embedbench.data.cache import cached, digest, folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make():
    made = []

    def call():
        made.append(0)
        return {"a": np.arange(3), "b": np.array([[0.5]], np.float32)}

    call.times = made
    return call


def test_second_call_makes_nothing(make):
    one, two = cached("kind", "key", make), cached("kind", "key", make)
    assert len(make.times) == 1
    for name in one:
        assert np.array_equal(one[name], two[name])
        assert one[name].dtype == two[name].dtype
    cached("kind", "other", make)
    cached("another", "key", make)
    assert len(make.times) == 3


def test_broken_file_is_made_again(make, cache):
    cached("kind", "key", make)
    (path,) = cache.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:20])
    assert np.array_equal(cached("kind", "key", make)["a"], np.arange(3))
    assert np.array_equal(cached("kind", "key", make)["a"], np.arange(3))
    assert len(make.times) == 2


def test_folder_that_cannot_be_written_is_said(make, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="not kept for the next run"):
        assert np.array_equal(cached("kind", "key", make)["a"], np.arange(3))


def test_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("EMBEDBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "embedbench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder().parts[-2:] == (".cache", "embedbench")


def test_digest_feels_every_text_and_border():
    texts = ["ab", "c", ""]
    for other in (["a", "bc", ""], ["ab", "c"], ["c", "ab", ""], ["ab", "C", ""]):
        assert digest(other) != digest(texts)
    assert digest(iter(texts)) == digest(texts)
    assert len(digest([])) == 32
