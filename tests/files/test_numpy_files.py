"""Files of numpy, and broken ones in one sentence."""

import contextlib

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.files.numpy_files import read_arrays


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_flipped_byte_is_read_or_refused_in_a_sentence(save, tmp_path):
    """Among them checksums, sizes, methods of compression and the headers of arrays."""
    path = tmp_path / "v.npz"
    save(path, z=np.arange(6.0).reshape(3, 2), label=np.array(["a", "b", "a"]))
    content, refused = path.read_bytes(), 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with contextlib.suppress(UsageError):
            read_arrays(path)
            refused -= 1
        refused += 1
    assert refused > 0.5 * len(content)


@pytest.mark.parametrize("kept", [0, 1, 10, 100, 200])
@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_cut_files_are_refused(kept, ending, tmp_path):
    path = tmp_path / f"v.{ending}"
    np.savez(path, z=np.eye(5)) if ending == "npz" else np.save(path, np.eye(5))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UsageError, match=r"cannot read .*v\.np[yz] as numpy arrays"):
        read_arrays(path)


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "v.npz", z=np.array([1, None], object), y=np.eye(2))
    with pytest.raises(UsageError, match=r"cannot read 'z' of .*: it holds Python objects, which are never unpickled"):
        read_arrays(tmp_path / "v.npz")
    assert [*read_arrays(tmp_path / "v.npz", wanted=["y", "other"])] == ["y"]


def test_one_array_gets_the_name_given_and_may_stay_in_its_file(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(2))
    assert isinstance(read_arrays(tmp_path / "v.npy", "z", mapped=True)["z"], np.memmap)
    assert not isinstance(read_arrays(tmp_path / "v.npy", "z")["z"], np.memmap)


@pytest.mark.parametrize("kind", ["M8", "m8"])
def test_dates_without_a_unit(kind, tmp_path):
    np.save(tmp_path / "x.npy", np.full(3, "NaT", kind))
    np.savez(tmp_path / "x.npz", y=np.full(3, "NaT", kind))
    for name in ("x.npy", "x.npz"):
        with pytest.raises(UsageError, match="holds dates or times without a unit"):
            read_arrays(tmp_path / name)


@pytest.mark.parametrize("content", [b"x,y\n1,2\n", b"", b"\x80\x04."])
def test_other_files_are_no_pickles_but_tables_perhaps(content, tmp_path):
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"my.csv as numpy arrays: it is no .npy or .npz file; `--data table"):
        read_arrays(path)
