"""Sources as texts."""

from pathlib import Path

import embedbench
from embedbench.code_state import own_sources, sources, versions

ROOT = Path(embedbench.__file__).parent


def test_own_sources_are_those_of_the_files_and_folders_named():
    found = own_sources("types.py", "functional")
    assert found[0] == embedbench.__version__
    assert (ROOT / "types.py").read_text(encoding="utf8") in found
    assert len(found) == 2 + len(list((ROOT / "functional").rglob("*.py")))


def test_sources_come_in_the_order_of_their_paths(tmp_path):
    for name in "ba":
        (tmp_path / name).write_bytes(name.encode() + b"\xff")  # not UTF-8
    assert sources([tmp_path / "b", tmp_path / "a"]) == ["a\udcff", "b\udcff"]


def test_a_library_that_is_not_there_has_no_version():
    assert versions("no-such-library") == ["no-such-library None"]
    assert versions("torch")[0].startswith("torch 2.")
