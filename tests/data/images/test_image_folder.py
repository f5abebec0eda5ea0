"""Image folders: order, parts, colours, and what is left out or refused."""

import numpy as np
import pytest
from PIL import Image

from embedbench.data.images.image_folder import ImageFolder
from embedbench.errors import UsageError


def save(path, value, size=(4, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


@pytest.fixture
def root(tmp_path):
    """Ten flat images of each of two classes; the red value numbers them."""
    for c, name in enumerate(["cat", "ape"]):
        for i in range(10):
            save(tmp_path / "images" / name / f"{i}.png", (100 * c + i, 50, 200))
    return tmp_path / "images"


def test_classes_and_rows_are_in_alphabetical_order(root):
    data = ImageFolder(root, size=8)
    assert data.spec.shape == (3, 8, 8)
    assert data.spec.classes == ("ape", "cat")
    source = data.load()
    assert source.x[:, 0, 0, 0].tolist() == [*range(100, 110), *range(10)]
    assert source.label.tolist() == [0] * 10 + [1] * 10
    assert source.x[3, :, 2, 2].tolist() == [103, 50, 200]
    assert data.rows == {"train": 14, "val": 2, "test": 4}


def test_pixels_are_divided_by_255(root):
    x, label = ImageFolder(root).tensors("train")
    assert x[label == 0][:, 2].unique().item() == pytest.approx(200 / 255)


def test_grey_is_the_luma_of_the_colours(root):
    data = ImageFolder(root, size=8, grey=True)
    assert data.spec.shape == (1, 8, 8)
    luma = 0.299 * 103 + 0.587 * 50 + 0.114 * 200  # ITU-R BT.601
    assert data.load().x[3, 0, 0, 0] == pytest.approx(luma, abs=1)


def test_grey_files_become_three_equal_channels_where_asked(tmp_path):
    for name, value in (("a", 10), ("b", 20)):
        save(tmp_path / name / "1.png", value, mode="L")
    assert ImageFolder(tmp_path, grey=False).load().x[1, :, 0, 0].tolist() == [20, 20, 20]


def test_size_and_channels_follow_the_images(tmp_path):
    """28 x 28 grey was 32 x 32 x 3 before."""
    for name in "ab":
        for i in range(4):
            save(tmp_path / name / f"{i}.png", 20 * i + ord(name), mode="L", size=(28, 20))
    data = ImageFolder(tmp_path)
    assert (data.spec.shape, data.notes) == ((1, 20, 28), [])
    save(tmp_path / "b" / "5.png", (1, 2, 3), size=(28, 20))
    assert ImageFolder(tmp_path).spec.shape == (3, 20, 28)
    assert ImageFolder(tmp_path, grey=True).spec.shape == (1, 20, 28)
    save(tmp_path / "b" / "6.png", 7, mode="L", size=(30, 28))
    data = ImageFolder(tmp_path)
    assert data.spec.shape == (3, 32, 32)
    assert data.notes == ["images of 2 sizes are resized to 32 x 32; --data.size asks for another size"]
    assert ImageFolder(tmp_path, size=8).notes == []


def test_large_images_are_made_small_and_said(tmp_path):
    for i in range(8):
        save(tmp_path / "ab"[i % 2] / f"{i}.png", (i, 0, 0), size=(65, 65))
    data = ImageFolder(tmp_path)
    assert data.spec.shape == (3, 32, 32)
    assert data.notes == ["images of 65 x 65 pixels are resized to 32 x 32; --data.size asks for another size"]


def test_images_without_folders_of_classes_have_no_label(tmp_path):
    for i in range(12):
        save(tmp_path / f"{i}.JPG", (20 * i, 0, 0))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    data = ImageFolder(tmp_path)
    assert (data.spec.target, sum(data.rows.values())) == ("none", 12)
    assert data.notes[0].endswith("its 12 images have no label")
    assert data.notes[1] == "2 entries that are no images ignored"


def test_repeated_images_are_counted(root):
    save(root / "cat" / "copy.png", (3, 50, 200))
    assert ImageFolder(root).load().notes == ("1 of 21 rows repeat an earlier one in all that is embedded",)


def test_official_parts(root, tmp_path):
    (tmp_path / "parted").mkdir()
    for part in ("train", "test"):
        (tmp_path / "parted" / part).symlink_to(root)
    data = ImageFolder(tmp_path / "parted")
    assert data.rows == {"train": 18, "val": 2, "test": 20}
    assert data.load().split.tolist() == ["train"] * 20 + ["test"] * 20


def test_train_alone_gets_its_test_rows_cut(root, tmp_path):
    (tmp_path / "parted").mkdir()
    (tmp_path / "parted" / "train").symlink_to(root)
    assert ImageFolder(tmp_path / "parted").rows == {"train": 14, "val": 2, "test": 4}


def test_other_folders_beside_train_are_refused(root, tmp_path):
    (tmp_path / "parted" / "val").mkdir(parents=True)
    (tmp_path / "parted" / "train").symlink_to(root)
    with pytest.raises(UsageError, match="beside train/ only test/ is known, got val"):
        _ = ImageFolder(tmp_path / "parted").spec


def test_what_is_no_image_is_left_out_and_counted(root):
    (root / "README.txt").write_text("hello")
    (root / "ape" / "notes.csv").write_text("a,b")
    (root / "ape" / ".hidden.png").write_text("no image")
    (root / ".cache").mkdir()
    (root / "empty").mkdir()
    data = ImageFolder(root)
    assert sum(data.rows.values()) == 20
    assert data.spec.classes == ("ape", "cat")
    assert data.notes == ["4 entries that are no images ignored"]


def test_an_image_is_turned_upright(tmp_path):
    stripes = Image.fromarray(np.array([[0, 255]] * 2, np.uint8))  # dark left, bright right
    for name in "ab":
        (tmp_path / name).mkdir()
        exif = Image.Exif()
        exif[0x0112] = 6 if name == "b" else 1  # 6: turn clockwise to see it upright
        stripes.save(tmp_path / name / "1.png", exif=exif)
    plain, turned = ImageFolder(tmp_path, size=2, grey=True).load().x[:, 0]
    assert plain.tolist() == [[0, 255], [0, 255]]
    assert turned.tolist() == [[0, 0], [255, 255]]


def test_an_unreadable_image_is_named(root):
    noise = np.random.default_rng(0).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(noise).save(root / "cat" / "3.png")
    whole = (root / "cat" / "3.png").read_bytes()
    for content in (b"no image", whole[: len(whole) // 2], whole[:30], b""):
        (root / "cat" / "3.png").write_bytes(content)
        with pytest.raises(UsageError, match=r"cannot read the image .*cat/3\.png"):
            _ = ImageFolder(root).spec


def test_grey_of_sixteen_bits_is_scaled_and_counted(root):
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(root / "cat" / "3.png")
    data = ImageFolder(root)
    assert data.load().x[13, :, 0, 0].tolist() == [round(40_000 / 65_535 * 255)] * 3
    assert data.notes == ["1 images of 16 bits per pixel are scaled to 8 (65535 to 255)"]


def test_floats_are_refused(root):
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(root / "cat" / "3.tiff")
    with pytest.raises(UsageError, match=r"3\.tiff: its pixels are floats or beyond 16 bits"):
        _ = ImageFolder(root).spec


def test_shapes_drawn_by_transparency_are_seen(tmp_path):
    for name, corner in (("a", 0), ("b", 255)):
        alpha = np.full((4, 4), 255, np.uint8)
        alpha[0, 0] = corner
        (tmp_path / name).mkdir()
        Image.fromarray(np.dstack([np.zeros((4, 4, 3), np.uint8), alpha])).save(tmp_path / name / "1.png")
    data = ImageFolder(tmp_path, size=4)
    assert data.load().x[:, 0, 0, 0].tolist() == [255, 0]
    assert data.load().x[:, :, 1, 1].tolist() == [[0, 0, 0]] * 2
    assert data.load().notes == ("1 transparent images are put on white",)


def test_a_folder_train_of_images_is_a_class(tmp_path):
    for c, name in enumerate(["train", "test", "bus"]):
        for i in range(5):
            save(tmp_path / name / f"{i}.png", (50 * c, i, 0))
    data = ImageFolder(tmp_path)
    assert data.spec.classes == ("bus", "test", "train")
    assert data.load().split.tolist() == ["train"] * 15


def test_one_name_in_two_forms_of_unicode_is_one_class(tmp_path):
    for red, name in enumerate(("caf\u00e9", "cafe\u0301", "b")):
        save(tmp_path / name / "1.png", (red, 2, 3))
    source = ImageFolder(tmp_path).load()
    assert source.classes == ("b", "caf\u00e9")
    assert sorted(source.label.tolist()) == [0, 1, 1]
    assert source.notes == ("class folders: 1 values are called by composed Unicode (NFC), such as 'caf\u00e9'",)


def test_empty_or_missing_folder(tmp_path):
    with pytest.raises(UsageError, match="there is no image in"):
        _ = ImageFolder(tmp_path).spec
    with pytest.raises(UsageError, match="there is no folder"):
        _ = ImageFolder(tmp_path / "none").spec
    with pytest.raises(UsageError, match="`size` must be a whole number of at least 1 or null, got 0"):
        ImageFolder(tmp_path, size=0)


def test_an_empty_part_is_refused(root, tmp_path):
    (tmp_path / "parted" / "test").mkdir(parents=True)
    (tmp_path / "parted" / "train").symlink_to(root)
    with pytest.raises(UsageError, match=r"there is no image in .*test"):
        _ = ImageFolder(tmp_path / "parted").spec


def test_one_class_folder(root):
    for path in (root / "cat").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="one class only, 'ape'"):
        _ = ImageFolder(root).spec
