"""Folders of files, one folder a class: which file is which row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from embedbench.errors import UsageError


class Item(NamedTuple):
    """One file that is a row, its class and its part ("train" or "test")."""

    path: Path
    name: str
    part: str


def class_folders(root: Path, wanted: Callable[[Path], bool], kind: str) -> tuple[list[Item], int]:
    """Every file ``root/CLASS/FILE``, or ``root/train/CLASS/FILE`` and ``root/test/CLASS/FILE``, in alphabetical order.

    Args:
        root: The folder.
        wanted: Whether a file is a row; hidden files never are.
        kind: What one row is called in a refusal.

    Returns:
        The files, and how many other entries there are.

    Raises:
        UsageError: If there is no such folder, another part beside train and test, or a part without rows.
    """
    if not root.is_dir():
        raise UsageError(f"there is no folder {str(root)!r}; give the folder that holds the class folders.")
    parts = {"train": root}
    if (root / "train").is_dir():
        strange = sorted({path.name for path in root.iterdir() if path.is_dir()} - {"train", "test"})
        if strange:
            raise UsageError(f"beside train/ only test/ is known, got {', '.join(strange)} in {root}; move it away.")
        parts = {part: root / part for part in ("train", "test") if (root / part).is_dir()}
    items, ignored = [], 0
    for part, folder in parts.items():
        for entry in sorted(folder.iterdir()):
            if not entry.is_dir() or entry.name.startswith("."):
                ignored += 1
                continue
            files = sorted(entry.iterdir())
            rows = [path for path in files if path.is_file() and not path.name.startswith(".") and wanted(path)]
            ignored += len(files) - len(rows)
            items += [Item(path, entry.name, part) for path in rows]
    for part in parts:
        if not any(item.part == part for item in items):
            raise UsageError(f"there is no {kind} in {parts[part]}; it must hold one folder of {kind}s for each class.")
    return items, ignored
