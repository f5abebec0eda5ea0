"""What a PNG file shows."""

import io

import numpy as np
from PIL import Image


def pixels(content):
    """Colours from above to below, uint8 ``(height, width, 3)``."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def painted(picture, colour, near=3):
    """Where a picture has a colour such as "#4477aa", bool ``(height, width)``."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return (np.abs(picture.astype(int) - wanted) <= near).all(axis=2)
