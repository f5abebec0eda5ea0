"""Images as bytes: upright, as seen on white, of one size, and in one or three channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

_SEEN = "transparent images are put on white"
_SCALED = "images of 16 bits per pixel are scaled to 8 (65535 to 255)"
_FIRST = "images of several frames or pages are known by their first"
_NO_MORE = ("PNG", "PPM")  # formats of 16 bits at most, which Pillow may open in a mode of 32


def pixels(image: Image, height: int, width: int, grey: bool, changed: Counter[str]) -> NDArray[np.uint8]:
    """The bytes of an image, ``(channels, height, width)``.

    It is turned upright by its EXIF tag, put on white where it is transparent, and resized. Grey of 16 bits is scaled
    to 8.

    Args:
        image: As Pillow opens it.
        height: Wanted.
        width: Wanted.
        grey: Whether one channel is wanted instead of three.
        changed: Counts what was done to images that many readers would show otherwise.

    Raises:
        ValueError: If its pixels are floats or have more than 16 bits.
    """
    from PIL.Image import Resampling
    from PIL.ImageOps import exif_transpose

    changed[_FIRST] += getattr(image, "is_animated", False)
    if image.mode == "I" and image.format not in _NO_MORE:
        raise ValueError("its pixels have 32 bits, of which white isn't known (mode I)")
    upright = _on_white(_eight_bits(exif_transpose(image), changed), changed).convert("L" if grey else "RGB")
    values = np.asarray(upright.resize((width, height), Resampling.BILINEAR))  # smooths as it shrinks
    return values[None] if grey else np.moveaxis(values, 2, 0)


def stacked(
    images: Iterable[tuple[str, Image]], rows: int, size: int | None, grey: bool, changed: Counter[str]
) -> NDArray[np.uint8]:
    """The bytes of some images, ``(rows, channels, height, width)``.

    Args:
        images: Where each is, and the image; at least one.
        rows: How many there are.
        size: Height and width that each is resized to; ``None`` takes them as they are.
        grey: As of `pixels`.
        changed: As of `pixels`.

    Raises:
        UsageError: If they are of several sizes and none is given, or one can't be used.
    """
    x = np.empty((0, 0, 0, 0), np.uint8)
    for row, (where, image) in enumerate(images):
        height, width = (size, size) if size is not None else (image.height, image.width)
        if row == 0:
            x = np.empty((rows, 1 if grey else 3, height, width), np.uint8)
        if (height, width) != x.shape[2:]:
            raise UsageError(
                f"the image in {where} has {height} x {width} pixels and the first {x.shape[2]} x {x.shape[3]}; "
                "give one size for all with --data.size."
            )
        try:
            x[row] = pixels(image, height, width, grey, changed)
        except ValueError as error:
            raise UsageError(f"cannot use the image in {where}: {error}; repair or remove it.") from None
    return x


def pixel_notes(changed: Counter[str]) -> tuple[str, ...]:
    """What was done to some images, a sentence each."""
    return tuple(f"{count} {what}" for what, count in sorted(changed.items()) if count)


def _eight_bits(image: Image, changed: Counter[str]) -> Image:
    """Grey of more bits as grey of 8, which Pillow would clip."""
    from PIL.Image import fromarray

    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65535:
        raise ValueError(f"its pixels are floats or beyond 16 bits (mode {image.mode})")
    changed[_SCALED] += 1
    scaled = np.round(values / 257).astype(np.uint8)
    hidden = image.info.get("transparency")
    return fromarray(scaled if hidden is None else np.where(values == hidden, np.uint8(255), scaled))


def _on_white(image: Image, changed: Counter[str]) -> Image:
    """The image as it is seen on a white page."""
    from PIL.Image import alpha_composite, new

    if not (image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info):
        return image
    if image.mode in ("La", "PA"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    visible = image.convert("RGBA")
    if np.asarray(visible)[..., 3].min() == 255:
        return image.convert("RGB") if image.mode != "LA" else image.convert("L")
    changed[_SEEN] += 1
    return alpha_composite(new("RGBA", visible.size, "white"), visible)
