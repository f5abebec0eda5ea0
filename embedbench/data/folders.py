"""Folders of files, one folder a class: which file is which row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from embedbench.errors import UsageError
from embedbench.files.names import name_of, renamed


class Item(NamedTuple):
    """One file that is a row, its class and its part ("train" or "test")."""

    path: Path
    name: str
    part: str


def class_folders(
    root: Path, wanted: Callable[[Path], bool], kind: str, *, classless: bool = False
) -> tuple[list[Item], int, tuple[str, ...]]:
    """Every file ``root/CLASS/FILE``, or ``root/train/CLASS/FILE`` and ``root/test/CLASS/FILE``, in alphabetical order.

    Where no folder holds any, those of ``root`` itself, ``root/FILE``, which have no class: their name is empty.

    A folder ``train`` that holds rows itself is a class, and so is every other folder beside it. Names of classes are
    in composed Unicode (NFC).

    Args:
        root: The folder.
        wanted: Whether a file is a row; hidden files never are.
        kind: What one row is called in a refusal.
        classless: Whether ``root`` may also be such a file itself, or hold some beside folders: rows of no class.

    Returns:
        The files, how many other entries there are, and what is to be said of the names.

    Raises:
        UsageError: If there is no such folder, one can't be read, another part stands beside train and test, or a part
            has no rows.
    """
    bare = [path for path in _files(root) if _is_row(path, wanted)] if classless else []
    if bare:
        return [Item(path, "", "train") for path in bare], len(_files(root)) - len(bare), ()
    if not root.is_dir():
        raise UsageError(f"there is no folder {str(root)!r}; give the folder that holds the class folders.")
    parts = _parts(root, wanted)
    items, ignored = [], 0
    for part, folder in parts.items():
        for entry in _entries(folder):
            if not entry.is_dir() or entry.name.startswith("."):
                ignored += 1
                continue
            files = _entries(entry)
            rows = [path for path in files if _is_row(path, wanted)]
            ignored += len(files) - len(rows)
            items += [Item(path, name_of(entry.name), part) for path in rows]
    if not items and (flat := [path for path in _files(root) if _is_row(path, wanted)]):
        said = f"no folders of {kind}s, one a class, are in {root}: its {len(flat)} {kind}s have no label"
        return [Item(path, "", "train") for path in flat], len(_files(root)) - len(flat), (said,)
    for part in parts:
        if not any(item.part == part for item in items):
            raise UsageError(f"there is no {kind} in {parts[part]}; it must hold one folder of {kind}s for each class.")
    return items, ignored, renamed([item.path.parent.name for item in items], "class folders")


def two_folders(
    root: Path, test: Path | None, wanted: Callable[[Path], bool], kind: str, *, classless: bool = False
) -> tuple[list[Item], int, tuple[str, ...]]:
    """As `class_folders`, of a folder and of a second one whose files are all test rows, if there is one.

    Raises:
        UsageError: As `class_folders`, of either; if the first has test rows as well.
    """
    items, ignored, said = class_folders(root, wanted, kind, classless=classless)
    if test is None:
        return items, ignored, said
    if any(item.part == "test" for item in items):
        raise UsageError(f"{root} has a folder test of its own; leave {test} out, or give {root / 'train'} beside it.")
    others, more, also = class_folders(test, wanted, kind, classless=classless)
    items += [item._replace(part="test") for item in others]
    return items, ignored + more, (*said, *(note for note in also if note not in said))


def _parts(root: Path, wanted: Callable[[Path], bool]) -> dict[str, Path]:
    """The folders whose folders are classes."""
    train = root / "train"
    if not train.is_dir() or any(_is_row(path, wanted) for path in _entries(train)):
        return {"train": root}
    strange = sorted({path.name for path in _entries(root) if path.is_dir()} - {"train", "test"})
    if strange:
        raise UsageError(f"beside train/ only test/ is known, got {', '.join(strange)} in {root}; move it away.")
    return {part: root / part for part in ("train", "test") if (root / part).is_dir()}


def _files(root: Path) -> list[Path]:
    """A file itself, or what a folder holds."""
    return [root] if root.is_file() else _entries(root) if root.is_dir() else []


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {error.strerror}; let it be read.") from None


def _is_row(path: Path, wanted: Callable[[Path], bool]) -> bool:
    return path.is_file() and not path.name.startswith(".") and wanted(path)
