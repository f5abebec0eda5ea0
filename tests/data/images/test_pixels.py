"""Images of every mode as they are seen."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from embedbench.data.images.pixels import pixel_notes, pixels


def colour(image):
    changed = Counter()
    found = pixels(image, 2, 2, False, changed)
    assert pixels(image, 2, 2, True, Counter()).shape == (1, 2, 2)
    return found[:, 0, 0].tolist(), changed.total()


def on_white(value, alpha):
    return [round((v * alpha + 255 * (255 - alpha)) / 255) for v in value]


@pytest.mark.parametrize(
    ("mode", "value", "wanted"),
    [
        ("RGBA", (10, 20, 30, 128), on_white((10, 20, 30), 128)),
        ("RGBA", (10, 20, 30, 0), [255] * 3),
        ("RGBa", (10, 20, 30, 128), [137, 147, 157]),
        ("LA", (10, 128), on_white([10] * 3, 128)),
        ("La", (10, 128), [137] * 3),
    ],
)
def test_transparent_images_are_put_on_white(mode, value, wanted):
    found, changed = colour(Image.new(mode, (2, 2), value))
    np.testing.assert_allclose(found, wanted, atol=2)
    assert changed == 1


@pytest.mark.parametrize(
    ("mode", "value", "hidden"),
    [("L", 7, 7), ("RGB", (7, 8, 9), (7, 8, 9)), ("1", 0, 0), ("P", 1, 1), ("P", 1, b"\xff\x00"), ("I;16", 700, 700)],
)
def test_a_colour_that_is_declared_transparent_is_white(mode, value, hidden):
    image = Image.new(mode, (2, 2), value)
    if mode == "P":
        image.putpalette([200, 200, 200, 10, 20, 30])
    image.info["transparency"] = hidden
    assert colour(image) == ([255] * 3, 1)


@pytest.mark.parametrize(
    ("mode", "value", "wanted"),
    [
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("LA", (10, 255), [10] * 3),
        ("RGB", (10, 20, 30), [10, 20, 30]),
        ("L", 10, [10] * 3),
        ("1", 1, [255] * 3),
        ("CMYK", (0, 0, 0, 255), [0] * 3),
        ("CMYK", (255, 0, 0, 0), [0, 255, 255]),
    ],
)
def test_others_are_what_they_say_without_a_note(mode, value, wanted):
    assert colour(Image.new(mode, (2, 2), value)) == (wanted, 0)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
@pytest.mark.parametrize("value", [0, 300, 40_000, 65_535])
def test_sixteen_bits_become_eight(mode, value):
    image = Image.new(mode, (2, 2), value)
    image.format = "PNG"  # as which some versions of Pillow open mode I
    assert colour(image) == ([round(value * 255 / 65_535)] * 3, 1)


def saved(array, kind):
    content = io.BytesIO()
    Image.fromarray(array).save(content, kind)
    return Image.open(content)


@pytest.mark.parametrize("value", [0, 255, 300])
def test_bits_are_those_of_the_file(value):
    for kind in ("TIFF", "PNG"):
        assert colour(saved(np.full((2, 2), value, np.uint16), kind)) == ([round(value / 257)] * 3, 1)
    with pytest.raises(ValueError, match="its pixels have 32 bits"):
        colour(saved(np.full((2, 2), value, np.int32), "TIFF"))


@pytest.mark.parametrize("kind", [b"P2 2 2 1000 1000 1000 1000 1000", b"P5 2 2 1000 " + 4 * (1000).to_bytes(2, "big")])
def test_grey_of_another_white_becomes_eight(kind):
    assert colour(Image.open(io.BytesIO(kind))) == ([255] * 3, 1)


@pytest.mark.parametrize(("mode", "value"), [("I", 0), ("I", 65_536), ("I", -1), ("F", 0.5), ("LAB", (1, 2, 3))])
def test_what_has_no_eight_bits_is_refused(mode, value):
    with pytest.raises(ValueError, match=r"floats or beyond 16 bits|32 bits|not supported"):
        colour(Image.new(mode, (2, 2), value))


@pytest.mark.parametrize(("kind", "frames", "counted"), [("TIFF", 3, 1), ("GIF", 2, 1), ("WEBP", 2, 1), ("TIFF", 1, 0)])
def test_the_first_of_several_frames_counts_with_a_note(kind, frames, counted):
    file = io.BytesIO()
    first, *others = [Image.new("L", (2, 2), 200 - 90 * number) for number in range(frames)]
    first.save(file, kind, save_all=True, append_images=others, **({"lossless": True} if kind == "WEBP" else {}))
    found, changed = colour(Image.open(file))
    assert (found, changed) == ([200] * 3, counted)


def test_notes_count():
    changed = Counter()
    for _ in range(2):
        pixels(Image.new("LA", (2, 2), (0, 1)), 2, 2, False, changed)
    assert pixel_notes(changed) == ("2 transparent images are put on white",)
