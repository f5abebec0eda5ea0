"""Folders at a glance."""

import pytest
from PIL import Image

from embedbench.data.look.look import look
from embedbench.errors import UsageError


def test_images_by_class_and_flat(tmp_path):
    for i in range(6):
        path = tmp_path / "photos" / "ab"[i % 2] / f"{i}.PNG"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), i % 5).save(path)
    (tmp_path / "photos" / "notes.txt").write_text("x")
    found = look(tmp_path / "photos")
    assert (found.modality, found.data, found.arguments) == (
        "image",
        "image_folder",
        {"root": str(tmp_path / "photos")},
    )
    assert (found.rows, found.classes, found.repeated) == (6, {"a": 3, "b": 3}, 1)
    assert found.notes == ("1 other entries are ignored",)
    flat = look(tmp_path / "photos" / "a")
    assert (flat.rows, flat.classes, flat.label) == (3, {}, None)
    assert flat.notes[0].endswith("its 3 images have no label")


def test_texts_by_class(tmp_path):
    for i in range(4):
        path = tmp_path / "ab"[i % 2] / f"{i}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"text {i}", encoding="utf8")
    found = look(tmp_path)
    assert (found.modality, found.data, found.arguments) == ("text", "text", {"path": str(tmp_path)})
    assert found.classes == {"a": 2, "b": 2}


def test_other_folders_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"holds neither images nor \.txt files"):
        look(tmp_path)
    (tmp_path / "dataset_info.json").touch()
    with pytest.raises(UsageError, match=r"--data huggingface --data\.path"):
        look(tmp_path)
