"""The size and the channels that suit some image files, by their headers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from embedbench.errors import UsageError

USUAL = 32  # pixels of a side, of images of several sizes
_LARGEST = 64  # pixels of a side that are kept by themselves
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")  # modes of one channel
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)  # of EXIF, and its values that swap the sides


class Canvas(NamedTuple):
    """What every image is brought to.

    Attributes:
        height: In pixels.
        width: In pixels.
        grey: Whether it has one channel instead of three.
        notes: What is to be said of it, one sentence each.
    """

    height: int
    width: int
    grey: bool
    notes: tuple[str, ...] = ()


def common_canvas(paths: Iterable[Path], size: int | None, grey: bool | None) -> Canvas:
    """The size that all images have, if it is one of at most 64 x 64 pixels, else 32 x 32; grey if all are.

    Args:
        paths: Of the images.
        size: Height and width that somebody asked for; ``None`` asks for what suits.
        grey: Whether somebody asked for one channel; ``None`` asks for what suits.

    Raises:
        UsageError: If one can't be read.
    """
    if size is not None and grey is not None:
        return Canvas(size, size, grey)
    sizes, all_grey = set(), True
    for path in paths:
        height, width, is_grey = _header(path)
        sizes.add((height, width))
        all_grey &= is_grey
    asked = all_grey if grey is None else grey
    if size is not None:
        return Canvas(size, size, asked)
    height, width = min(sizes, default=(USUAL, USUAL))
    if len(sizes) < 2 and max(height, width) <= _LARGEST:
        return Canvas(height, width, asked)
    what = f"of {len(sizes)} sizes" if len(sizes) > 1 else f"of {height} x {width} pixels"
    said = f"images {what} are resized to {USUAL} x {USUAL}; --data.size asks for another size"
    return Canvas(USUAL, USUAL, asked, (said,))


def _header(path: Path) -> tuple[int, int, bool]:
    """Height and width of an image as it is seen, and whether it is grey, without its pixels."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            turned = image.getexif().get(_ORIENTATION) in _TURNED
            height, width = (image.width, image.height) if turned else (image.height, image.width)
            return height, width, image.mode in _GREY
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UsageError(f"cannot read the image {path}: {error}; repair or remove it.") from None
