"""Folders of images and of texts: odd modes, sizes, headers, names, links and bytes."""

import io
import os

import numpy as np
import pytest
from fuzzing import damaged
from PIL import Image

pytestmark = pytest.mark.slow

CASES = 60
NAMES = ["", ".", ".hidden", " a ", "e\u0301", "\u202eb", "a\nb", "x" * 250, "train", "test", "val", "con", "\udcff"]
MODES = ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "PA", "I;16"]


def picture(rng):
    """An image file, and its ending."""
    sides = rng.choice([(8, 8), (8, 8), (1, 1), (1, 300), (9, 8)])
    values = np.random.default_rng(0).integers(0, 256, (*sides[::-1], 4), np.uint8)
    mode = rng.choice(MODES)
    image = (
        Image.fromarray(values[..., 0].astype(np.uint16)) if mode == "I;16" else Image.fromarray(values).convert("RGB")
    )
    kind = rng.choice(["png", "png", "jpeg", "gif", "bmp", "tiff", "webp", "ppm"])
    found = io.BytesIO()
    try:
        (image if mode == "I;16" else image.convert(mode)).save(found, kind)
    except (OSError, ValueError):  # a mode that this format, or the way to it, doesn't have
        image = Image.fromarray(values[..., :3])
        image.save(found, "png")
        kind = "png"
    return found.getvalue(), kind


def huge(content):
    """A PNG whose header says that it has 2^31 - 1 columns."""
    return content[:16] + (2**31 - 1).to_bytes(4, "big") + content[20:]


def test_case(case):
    rng = case.rng
    root = case.folder / "root"
    parts = rng.choice([[""], [""], [""], ["train", "test"], ["train", "val"], ["train"]])
    for part in parts:
        for name in ("cat", "dog"):
            folder = root / part / name
            folder.mkdir(parents=True)
            for number in range(12):
                Image.fromarray(np.full((8, 8, 3), number * 20, np.uint8)).save(folder / f"{number}.png")
    for _ in range(rng.choice([1, 2, 4])):
        folder = rng.choice([path for path in [root, *root.rglob("*")] if path.is_dir()])
        content, ending = picture(rng)
        content = huge(content) if rng.random() < 0.1 else damaged(rng, content) if rng.random() < 0.5 else content
        name, how = rng.choice(NAMES), rng.randrange(8)
        if how <= 4:
            (
                folder / f"new.{rng.choice([ending, ending, ending, 'png', 'txt', 'PNG', 'pdf', 'eps', 'ico'])}"
            ).write_bytes(content)
        elif how == 5 and not os.path.lexists(folder / name):
            (folder / name).mkdir()
        elif how == 6 and not os.path.lexists(folder / f"link{name[:9]}"):
            (folder / f"link{name[:9]}").symlink_to(rng.choice([root, folder / "nowhere", f"link{name[:9]}"]))
        elif how == 7 and not os.path.lexists(folder / f"{name}.txt") and len(name) < 200:
            (folder / f"{name}.txt").write_bytes(damaged(rng, b"some words of a text\n"))
    where = rng.choice(["root"] * 6 + ["root/cat", "root/train", "root/cat/0.png", "nowhere", "rows.csv"])
    seen = ("--run_id", "table" if rng.random() < 0.8 else "new", "--suite.neighbors=3", "--suite.metrics=[retrieval]")
    images = ("run", "--model=raw", "--data=image_folder", f"--data.root={where}")
    case.meets(
        *rng.choice(
            [
                (*images, f"--data.size={rng.choice([8, 8, 4, 1, 0, 10**6])}", *seen),
                (*images, "--data.size=8", f"--data.grey={rng.choice(['true', 'false'])}", *seen),
                ("run", "--model=tfidf_svd", "--model.latent_dim=1", "--data=text", f"--data.path={where}", *seen),
                ("embed", "runs/arrays", where, "--output=z2.npz"),
            ]
        )
    )
