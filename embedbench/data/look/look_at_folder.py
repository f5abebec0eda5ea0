"""A folder at a glance: images or texts, flat or by class."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

from embedbench.data.folders import class_folders
from embedbench.data.look.seen import Look
from embedbench.data.tables.left_out import IMAGES
from embedbench.errors import UsageError
from embedbench.files.text_file import read_bytes

_LOOKED = 1_000  # files by which it is decided what a folder holds
_SAME = 200  # of which is looked whether they are equal
_DATASETS = ("dataset_info.json", "dataset_dict.json")  # of the library datasets


def look_at_folder(path: Path) -> Look:
    """What a folder holds.

    Raises:
        UsageError: If it holds neither images nor texts; says what to do.
    """
    if any((path / name).is_file() for name in _DATASETS):
        raise UsageError(
            f"{path} is a data set of the library datasets; name its column of texts, images or features: "
            f"--data huggingface --data.path {path} --data.text COLUMN (or --data.image, --data.columns)."
        )
    endings = Counter(one.suffix.lower() for one in itertools.islice(_files(path), _LOOKED))
    images, texts = sum(endings[end] for end in IMAGES), endings[".txt"]
    if not images and not texts:
        raise UsageError(f"{path} holds neither images nor .txt files; give a folder that does, or a file.")
    modality = "image" if images >= texts else "text"
    wanted = IMAGES if modality == "image" else {".txt"}
    items, ignored, said = class_folders(path, lambda one: one.suffix.lower() in wanted, modality)
    names = Counter(item.name for item in items if item.name)
    some = items[:_SAME]
    equal = len(some) - len({read_bytes(item.path, modality) for item in some})
    said += (f"{ignored} other entries are ignored",) if ignored else ()
    data, argument = ("image_folder", "root") if modality == "image" else ("text", "path")
    return Look(
        path,
        modality,
        data,
        {argument: str(path)},
        len(items),
        len(items) if len(some) == len(items) else len(some),
        repeated=equal,
        label="the folders" if names else None,
        classes=dict(sorted(names.items())),
        notes=said,
    )


def _files(path: Path) -> itertools.chain[Path]:
    """The files of a folder and those below it, hidden ones aside."""
    return itertools.chain(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
