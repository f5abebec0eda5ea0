"""What was made once is read again, also after a crash; a cache that can't be written costs no run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embedbench.cache import cached, digest, find_tables, folder, keep, limit, read_tables, write_tables
from embedbench.errors import UsageError

ROOT = Path(__file__).parents[1]
# Two processes at a time write, read and evict entries whose content follows from their key, and are killed while they
# do; after each time, whatever can be read has to be right.
KILLER = """
import os, random, signal, time
import numpy as np
from embedbench.cache import cached, find_tables

def made(key):
    return {"a": np.full((1000 + key, 100), key, np.float32)}

def write(seed):
    chance = random.Random(seed)
    while True:
        key = chance.randrange(20)
        cached("kind", f"{key:032d}", lambda: made(key))

chance, hits = random.Random(0), 0
for turn in range(40):
    children = []
    for seed in (2 * turn, 2 * turn + 1):
        child = os.fork()
        if not child:
            write(seed)
        children.append(child)
    time.sleep(chance.uniform(0, 0.03))
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for key in range(20):
        found = find_tables("kind", f"{key:032d}")
        if found is not None:
            assert np.array_equal(found["a"], made(key)["a"])
            hits += 1
print(hits)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make():
    made = []

    def call():
        made.append(0)
        return {"a": np.arange(3), "b": np.array([[0.5]], np.float32), "c": np.array(7)}

    call.times = made
    return call


def path_of(cache):
    (path,) = cache.rglob("*.safetensors")
    return path


def test_second_call_makes_nothing(make):
    one, two = cached("kind", "key", make), cached("kind", "key", make)
    assert len(make.times) == 1
    for name in one:
        assert np.array_equal(one[name], two[name])
        assert (one[name].dtype, one[name].shape) == (two[name].dtype, two[name].shape)
    cached("kind", "other", make)
    cached("another", "key", make)
    assert len(make.times) == 3


def test_order_of_memory_does_not_matter(cache):
    turned = np.arange(6).reshape(2, 3).T
    keep("kind", "key", {"a": turned, "b": np.arange(9)[::2], "none": np.empty((0, 3))})
    found = find_tables("kind", "key")
    assert np.array_equal(found["a"], turned)
    assert found["b"].tolist() == [0, 2, 4, 6, 8]
    assert found["none"].shape == (0, 3)


@pytest.mark.parametrize("kept", [0, 4, 20, -1])
def test_file_cut_short_is_made_again(kept, make, cache):
    cached("kind", "key", make)
    path_of(cache).write_bytes(path_of(cache).read_bytes()[:kept])
    assert np.array_equal(cached("kind", "key", make)["a"], np.arange(3))
    assert np.array_equal(cached("kind", "key", make)["a"], np.arange(3))
    assert len(make.times) == 2


def test_no_changed_byte_goes_unnoticed(make, cache):
    cached("kind", "key", make)
    path, whole = path_of(cache), path_of(cache).read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found = find_tables("kind", "key")
        if found is not None:  # a blank of the header
            assert all(np.array_equal(found[name], value) for name, value in make().items())
            assert place < len(whole) - 44
        else:
            assert not path.exists()


def test_file_of_another_key_is_no_hit(make, cache):
    cached("kind", "key", make)
    path = path_of(cache)
    path.with_name("other.safetensors").write_bytes(path.read_bytes())
    assert find_tables("kind", "other") is None
    assert find_tables("kind", "key") is not None


def test_file_outside_the_cache_is_read_alike_and_left_alone(make, tmp_path):
    path = tmp_path / "run" / "z.safetensors"
    write_tables(path, "key", make())
    assert np.array_equal(read_tables(path, "key")["a"], np.arange(3))
    assert read_tables(path, "other") is None
    assert read_tables(tmp_path / "none.safetensors", "key") is None
    path.write_bytes(path.read_bytes()[:-1])
    assert read_tables(path, "key") is None
    assert path.exists()


def test_folder_that_cannot_be_written_is_said_once(make, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "file"))
    for key in "ab":
        assert np.array_equal(cached("kind", key, make)["a"], np.arange(3))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("embedbench: what is made is not kept for the next run: cannot write ")


def test_folder_that_cannot_be_looked_into_holds_nothing(cache, make, forbidden):
    cached("kind", "key", make)
    forbidden(cache)
    assert find_tables("kind", "other") is None
    assert cached("kind", "other", make).keys() == make().keys()


def test_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("EMBEDBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "embedbench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder().parts[-2:] == (".cache", "embedbench")


@pytest.mark.parametrize(
    ("given", "size"), [("", 10**10), ("20GB", 2 * 10**10), ("1.5 mb", 1_500_000), ("4096", 4096), ("0", 0)]
)
def test_limit_follows_the_environment(given, size, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", given)
    assert limit() == size


@pytest.mark.parametrize("given", ["much", "-1GB", "5 apples", "GB", "1e3"])
def test_limit_that_is_no_size_is_refused(given, make, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", given)
    with pytest.raises(UsageError, match="EMBEDBENCH_CACHE_SIZE must be a size such as 20GB, or 0 for no cache"):
        cached("kind", "key", make)


def test_turned_off_nothing_is_read_or_written(make, cache, monkeypatch):
    cached("kind", "key", make)
    before = path_of(cache).stat()
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")
    cached("kind", "key", make)
    cached("kind", "other", make)
    assert len(make.times) == 3
    assert path_of(cache).stat() == before


def test_least_recently_used_go_first(cache, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "10000")
    for number, name in enumerate("abcd"):
        keep("kind", name, {"z": np.zeros(500, np.float32)})  # with its header somewhat over 2000 bytes
        file = cache / "v2" / "kind" / f"{name}.safetensors"
        os.utime(file, (number, number))
    assert find_tables("kind", "a") is not None  # used, and so the youngest
    keep("kind", "e", {"z": np.zeros(500, np.float32)})
    assert {path.stem for path in cache.rglob("*.safetensors")} == {"a", "c", "d", "e"}
    keep("kind", "large", {"z": np.zeros(2000, np.float32)})
    assert {path.stem for path in cache.rglob("*.safetensors")} == {"large"}
    keep("kind", "too_large", {"z": np.zeros(2501, np.float32)})
    assert {path.stem for path in cache.rglob("*.safetensors")} == {"large"}


def test_what_is_not_of_the_cache_stays(cache, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "3000")
    theirs = [cache / "notes.safetensors", cache / "v2" / "notes.txt", cache / "v2" / "kind" / "notes.txt"]
    theirs[-1].parent.mkdir(parents=True)
    for path in theirs:
        path.write_bytes(bytes(4000))
    old, new = (cache / "v2" / "kind" / f".{name}.safetensors.0.tmp" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(bytes(10))
    os.utime(old, (time.time() - 4000,) * 2)
    for name in "ab":
        keep("kind", name, {"z": np.zeros(500, np.float32)})
    assert all(path.exists() for path in theirs)
    assert (old.exists(), new.exists()) == (False, True)
    assert find_tables("kind", "a") is None
    assert find_tables("kind", "b") is not None


def test_writers_killed_at_any_moment_leave_only_whole_files(cache):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "EMBEDBENCH_CACHE_SIZE": "4MB"}  # of 8 MB
    done = subprocess.run([sys.executable, "-c", KILLER], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
    left = [path for path in cache.rglob("*") if path.suffix == ".tmp"]
    assert left  # some died while they wrote
    for path in left:
        os.utime(path, (0, 0))
    keep("kind", "last", {"a": np.zeros(1)})
    assert not any(path.exists() for path in left)


def test_digest_feels_every_text_and_border():
    texts = ["ab", "c", ""]
    for other in (["a", "bc", ""], ["ab", "c"], ["c", "ab", ""], ["ab", "C", ""]):
        assert digest(other) != digest(texts)
    assert digest(iter(texts)) == digest(texts)
    assert len(digest([])) == 32


def test_digest_feels_type_shape_and_values_of_arrays():
    array = np.arange(6, dtype=np.int32)
    seen = [
        [array],
        [array.astype(np.int64)],
        [array.view(np.float32)],
        [array.reshape(2, 3)],
        [array.reshape(3, 2)],
        [array[:3], array[3:]],
        [array[::-1]],
        ["<i4 (6,)", array],
        ["<i4 (6,)"],
    ]
    assert len({digest(parts) for parts in seen}) == len(seen)
    assert digest([array.reshape(2, 3).T]) == digest([array.reshape(2, 3).T.copy()])
    assert digest([np.float32(1).reshape(())]) != digest([np.float32(2).reshape(())])
