"""A record binds the files that were scored."""

import hashlib

import pytest

from embedbench.errors import UsageError
from embedbench.results.digests import check_digests, digests


@pytest.fixture
def run(make_result, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "weights").write_bytes(b"\x00" * (1 << 24) + b"end")
    (tmp_path / "other").write_bytes(b"")
    make_result(digests=digests(tmp_path, ["deep/weights", "other", "gone"])).write(tmp_path)
    return tmp_path


def test_digests_are_sha256_of_the_files_that_are_there(run):
    found = digests(run, ["deep/weights", "other", "gone"])
    assert found == {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in ("deep/weights", "other")}


def test_files_that_were_scored_pass(run):
    check_digests(run)


@pytest.mark.parametrize("name", ["deep/weights", "other"])
def test_other_files_do_not(name, run):
    (run / name).write_bytes((run / name).read_bytes() + b"!")
    with pytest.raises(UsageError, match=f"{name} isn't the one that was scored, by its digest in result.json"):
        check_digests(run)
    (run / name).unlink()
    with pytest.raises(UsageError, match=f"{name} is gone"):
        check_digests(run)


def test_a_record_of_before_binds_nothing(make_result, tmp_path):
    check_digests(tmp_path)
    make_result().write(tmp_path)
    check_digests(tmp_path)
