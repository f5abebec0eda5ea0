"""Arrays: .npy and .npz of odd types, shapes, values, headers and bytes, and files of torch."""

import io
import zipfile

import numpy as np
import pytest
import torch
from fuzzing import damaged
from safetensors.numpy import save

pytestmark = pytest.mark.slow

CASES = 140


def odd_array(rng, x):
    """An array of another type or shape, or with values that no score is made for."""
    odd = np.array([np.nan, np.inf, -np.inf, 1e308, 1e39, -1e300, 5e-324, 0.0, 65504.0, 2.0**53])
    spoilt = x.astype(np.float64)
    for _ in range(rng.choice([1, 1, 5])) if x.size else ():
        spoilt.flat[rng.randrange(x.size)] = rng.choice(odd.tolist())
    large, half = x.astype(np.float64) * 1e30, (x.astype(np.float64) * 6e4).clip(-65504, 65504).astype(np.float16)
    rest = [
        *(spoilt, spoilt, np.full(x.shape, rng.choice(odd.tolist())), np.zeros(x.shape), np.ones(x.shape, np.uint8)),
        *(large, x * 1e-40, half, x.astype(np.complex64), x.astype(np.int8), x > 0),
        *(
            x.astype("S8"),
            x.astype("U8"),
            x.astype(object),
            x.astype(np.longdouble),
            x.astype(">f8"),
            x.T,
            x[..., ::-1],
        ),
        *(x[:1], x[:2], x[:0], x[..., :0], x.ravel(), x.reshape(*x.shape, 1), np.asarray(x.sum()), x[None, None, None]),
        *(
            np.full(x.shape, np.datetime64("NaT")),
            np.full(x.shape, np.timedelta64(3, "D")),
            np.full(x.shape, 2**63, "u8"),
        ),
        *(np.zeros(len(x), [("a", "f4"), ("b", "U3")]), np.full(x.shape, -(2**63)), np.asfortranarray(x), x[::2]),
        *(np.repeat(x[:1], len(x), 0), np.concatenate([x, x]), np.zeros((len(x), 3000)), np.zeros((len(x), 8, 8, 5))),
        *(np.array(["\ud83d"] * len(x)), np.array(["a", "b\x00c"] * (len(x) // 2)), np.full(x.shape, "")),
    ]
    return rng.choice(rest)


def odd_header(rng, content):
    """An .npy file whose header says something else than what follows."""
    shape = rng.choice(
        ["(10**15, 3)", "(1000000000000, 3)", "(-1, 3)", "(40,)", "3", "(40, 3.0)", "('a',)", "()", "(" * 200]
    )
    kind = rng.choice(["<f4", "|O", "<f999", "<U9", "|V4", "[('a', '<f4')]", "<M8[ns]", "", "f", "<f16", "|S0"])
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = text.encode().ljust(118 + len(text) // 64 * 64)[:65_000] + b"\n"
    magic = rng.choice([b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x09\x00", b"NUMPY"])
    return magic + len(header).to_bytes(2, "little") + header + content[128:]


def npy(array):
    found = io.BytesIO()
    np.save(found, array, allow_pickle=True)
    return found.getvalue()


def npz(rng, arrays):
    """An .npz file, whose members may be damaged, doubled or named oddly."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as file:
        for name, array in arrays.items():
            content = npy(array)
            how = rng.randrange(14)
            content = odd_header(rng, content) if how == 0 else damaged(rng, content) if how == 1 else content
            name = rng.choice(["", "odd", f"{name}/", f"../{name}", f"{name} "]) if how == 2 else name
            file.writestr(name if how == 3 else f"{name}.npy", content)
    return found.getvalue()


def test_case(case):
    rng = case.rng
    x, y = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2
    if rng.random() < 0.3:
        x = np.random.default_rng(0).integers(0, 256, (40, *rng.choice([(8, 8), (1, 8, 8), (8, 8, 3)])), np.uint8)
    x = odd_array(rng, x) if rng.random() < 0.6 else x
    y = odd_array(rng, y) if rng.random() < 0.5 else y
    split = np.array(["train"] * 30 + rng.choice([["test"] * 10, ["val"] * 10, [""] * 10, ["other"] * 10]))
    first, second = rng.choice([("x", "y"), ("z", "label"), ("z", "label")])
    arrays = {first: x, second: y}
    if rng.random() < 0.2:
        arrays["split"] = split
    ending = rng.choice(["npz", "npz", "npz", "npy", "npy", "pt", "safetensors"])
    content = npz(rng, arrays)
    if ending == "npy":
        content = odd_header(rng, npy(x)) if rng.random() < 0.3 else npy(x)
        (case.folder / rng.choice(["odd_labels.npy", "odd.labels.npy"])).write_bytes(npy(y))
    elif ending == "pt":
        torch.save(torch.zeros(3, 2).to_sparse(), case.folder / "t.pt")
        content = (case.folder / "t.pt").read_bytes()
    elif ending == "safetensors":
        content = save({"z": np.zeros((4, 2), np.float32)})
    content = damaged(rng, content) if rng.random() < 0.25 else content
    name = rng.choice([f"odd.{ending}"] * 9 + ["odd", f"odd.{ending}".upper(), "odd.npy", "odd.npz"])
    (case.folder / name).write_bytes(content)
    seen = ("--run_id", "table" if rng.random() < 0.8 else "new", "--suite.neighbors=3", "--suite.metrics=[retrieval]")
    run = ("run", f"--model={rng.choice(['raw', 'pca'])}", "--data=arrays", f"--data.path={name}")
    scored = ("evaluate", name, "--suite.neighbors=3", "--suite.metrics=[retrieval, geometry, latent]")
    case.meets(
        *rng.choice(
            [
                (*run, *seen),
                (*run, *seen, f"--data.task={rng.choice(['auto', 'regression', 'classification'])}"),
                (
                    *run,
                    *seen,
                    f"--data.labels={rng.choice(['odd.npy', 'odd_labels.npy', 'rows.npz', 'rows.csv', '.'])}",
                ),
                (*run, *seen, "--data.standardised=false"),
                scored,
                scored,
                (*scored, f"--gallery={rng.choice(['z.npz', name, 'rows.csv', 'rows.npz'])}"),
                ("evaluate", "z.npz", f"--gallery={name}", "--suite.neighbors=3", "--suite.metrics=[retrieval]"),
                ("embed", "runs/arrays", name, "--output=z2.npz"),
                ("run", "--model=raw", "--data=relations", f"--data.path={name}", *seen),
            ]
        )
    )
