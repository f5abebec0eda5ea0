"""Fashion-MNIST from small IDX files, from a stand-in of the hub, and, where installed, the real one."""

import io
import os
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from embedbench.data.images import fashion_mnist
from embedbench.data.images.fashion_mnist import DEBIAN, FashionMNIST
from embedbench.errors import UsageError

RNG = np.random.default_rng(0)
PARTS = {
    part: (RNG.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n) % 10) for part, n in (("train", 40), ("test", 20))
}


def write_idx(folder, parts):
    for part, (images, labels) in parts.items():
        stem = folder / part.replace("test", "t10k")
        header = struct.pack(">4B3I", 0, 0, 8, 3, *images.shape)
        stem.with_name(stem.name + "-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">4BI", 0, 0, 8, 1, len(labels))
        stem.with_name(stem.name + "-labels-idx1-ubyte").write_bytes(header + labels.astype(np.uint8).tobytes())


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A machine without Debian's package."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "nowhere")


def test_idx_folder(tmp_path):
    write_idx(tmp_path, PARTS)
    data = FashionMNIST(root=tmp_path)
    assert data.rows == {"train": 36, "val": 4, "test": 20}
    assert data.spec.shape == (1, 28, 28)
    assert data.spec.classes[0] == "T-shirt/top"
    x, label = data.tensors("test")
    torch.testing.assert_close(x[:, 0], torch.from_numpy(PARTS["test"][0] / np.float32(255)), atol=1e-7, rtol=0)
    assert label.tolist() == PARTS["test"][1].tolist()


def test_black_and_white(tmp_path):
    write_idx(tmp_path, PARTS)
    data = FashionMNIST(root=tmp_path, binary=True)
    x = data.tensors("test")[0]
    assert x.dtype == torch.float32
    assert torch.equal(x[:, 0], torch.from_numpy((PARTS["test"][0] >= 128).astype(np.float32)))
    assert data.spec.whole


def test_pooled_rows_are_train_and_test_at_once(tmp_path):
    write_idx(tmp_path, PARTS)
    data = FashionMNIST(root=tmp_path, pooled=True)
    n_train, n_test = len(PARTS["train"][0]), len(PARTS["test"][0])
    assert data.rows == {"train": n_train + n_test, "val": n_test, "test": n_train + n_test}
    (train, label), (val, _), (test, other) = (data.tensors(split) for split in ("train", "val", "test"))
    assert torch.equal(train, test)
    assert torch.equal(label, other)
    assert torch.equal(train[n_train:], val)
    assert any("pooled" in note for note in data.notes)


@pytest.mark.parametrize(("shape", "label"), [((40, 27, 28), 0), ((40, 28, 28), 10)])
def test_another_data_set_in_the_folder_is_refused(tmp_path, shape, label):
    write_idx(tmp_path, PARTS | {"train": (np.zeros(shape, np.uint8), np.full(40, label))})
    with pytest.raises(UsageError, match="images of 28 x 28 and labels below 10"):
        _ = FashionMNIST(root=tmp_path).spec


def test_a_wrong_root_is_never_replaced_by_another_place(tmp_path):
    with pytest.raises(UsageError, match="there is no train-images-idx3-ubyte"):
        _ = FashionMNIST(root=tmp_path).spec


def test_root_and_hub_exclude_each_other(tmp_path):
    with pytest.raises(UsageError, match="give one of them"):
        FashionMNIST(root=tmp_path, source="hub")


def test_not_found_says_the_three_ways(nowhere):
    with pytest.raises(UsageError, match=r"dataset-fashion-mnist, or .*--data\.root\), or .*--data\.source hub"):
        _ = FashionMNIST(source="idx").spec


CLIENT = """
from pathlib import Path
from embedbench.data.images import fashion_mnist
from embedbench.data.images.fashion_mnist import FashionMNIST
from embedbench.errors import UsageError

fashion_mnist.DEBIAN = Path("nowhere")
try:
    FashionMNIST().spec
except UsageError as error:
    print(error)
fetched = FashionMNIST(source="hub")
print(fetched.tensors("train")[0].shape, fetched.fingerprint)
print(FashionMNIST().fingerprint)
"""


@pytest.fixture
def hub():
    """A stand-in of the hub that serves both Parquet files, and the requests it got."""
    files, asked = {}, []
    for part, (images, labels) in PARTS.items():
        pngs = []
        for image in images:
            Image.fromarray(image).save(png := io.BytesIO(), "png")
            pngs.append({"bytes": png.getvalue(), "path": None})
        pd.DataFrame({"image": pngs, "label": labels}).to_parquet(packed := io.BytesIO())
        files[f"fashion_mnist/{part}-00000-of-00001.parquet"] = packed.getvalue()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append((self.command, self.path))
            name = self.path.removeprefix("/datasets/zalando-datasets/fashion_mnist/resolve/main/")
            content = files.get(name, b"")
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{len(content):040x}"')
            self.send_header("X-Repo-Commit", "a" * 40)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_GET = do_HEAD  # noqa: N815

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.slow
def test_hub_is_asked_only_on_request_and_then_cached(hub, tmp_path):
    address, asked = hub
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    env |= {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    refused, fetched, cached = done.stdout.splitlines()
    assert refused.startswith("Fashion-MNIST is not on this machine; install Debian's dataset-fashion-mnist")
    write_idx(tmp_path, PARTS)
    same = FashionMNIST(root=tmp_path)
    assert fetched == f"{same.tensors('train')[0].shape} {same.fingerprint}"
    assert cached == same.fingerprint
    assert sorted(path.rsplit("/")[-1] for command, path in asked if command == "GET" and "/resolve/" in path) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]


@pytest.mark.slow
@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_one():
    data = FashionMNIST(source="idx")
    assert data.rows == {"train": 54_000, "val": 6_000, "test": 10_000}
    for split, each in (("train", 5_400), ("val", 600), ("test", 1_000)):
        assert data.tensors(split)[1].bincount().tolist() == [each] * 10
    x = data.tensors("test")[0]
    assert (x.min(), x.max()) == (0, 1)
    assert x.mean().item() == pytest.approx(0.2868, abs=5e-4)  # published mean of the test images
    assert FashionMNIST(train_rows=10_000, test_rows=2_000).rows == {"train": 9_000, "val": 1_000, "test": 2_000}
