"""Images as bytes: upright, as seen on white, of one size, and in one or three channels."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

_SEEN = "transparent images are put on white"
_SCALED = "images of 16 bits a pixel are scaled to 8 (65535 to 255)"


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
        ValueError: If its pixels are floats or beyond 16 bits.
    """
    from PIL.Image import Resampling
    from PIL.ImageOps import exif_transpose

    upright = _on_white(_eight_bits(exif_transpose(image), changed), changed).convert("L" if grey else "RGB")
    values = np.asarray(upright.resize((width, height), Resampling.BILINEAR))  # smooths as it shrinks
    return values[None] if grey else np.moveaxis(values, 2, 0)


def pixel_notes(changed: Counter[str]) -> tuple[str, ...]:
    """What was done to some images, a sentence each."""
    return tuple(f"{count} {what}" for what, count in sorted(changed.items()))


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
