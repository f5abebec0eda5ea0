"""Images as bytes: upright, of one size, and in one or three channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image


def pixels(image: Image, height: int, width: int, grey: bool) -> NDArray[np.uint8]:
    """The bytes of an image, turned upright by its EXIF tag and resized, ``(channels, height, width)``.

    Raises:
        ValueError: If it has more than 8 bits a channel.
    """
    from PIL.Image import Resampling
    from PIL.ImageOps import exif_transpose

    if image.mode.startswith(("I", "F")):  # Pillow would clip these to 255
        raise ValueError(f"it has more than 8 bits a channel (mode {image.mode})")
    upright = exif_transpose(image).convert("L" if grey else "RGB")
    values = np.asarray(upright.resize((width, height), Resampling.BILINEAR))  # smooths as it shrinks
    return values[None] if grey else np.moveaxis(values, 2, 0)
