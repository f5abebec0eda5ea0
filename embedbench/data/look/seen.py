"""What is known of data at a glance: rows, columns and their kinds, and which data set reads them."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from embedbench.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True)
class Seen:
    """One column, or one array.

    Attributes:
        name: Of it.
        kind: Number, category, ordinal, boolean, date, vector, id, text, image path, labels, constant, empty, or
            unusable.
        missing: Rows without a value, among those that were looked at.
        distinct: Different values among them; ``None`` where values aren't told apart.
        becomes: What a data set makes of it.
        why: What shows that, in words.
    """

    name: str
    kind: str
    missing: int
    distinct: int | None
    becomes: str
    why: str


@dataclass(frozen=True)
class Look:
    """What data are.

    Attributes:
        path: Of the file or folder.
        modality: "table", "text", "image" or "array".
        data: The name of the data set that reads them, as ``--data`` takes it.
        arguments: What the data set needs to be given, by name: the path, and the column of texts.
        rows: How many there are; ``None`` if only those that were looked at are known.
        looked: How many were looked at.
        columns: Of a table or texts its columns, of a numpy file its arrays.
        repeated: Rows that are equal to an earlier one in all that they hold, among those that were looked at.
        label: A column, or folders, that look like a label.
        several: Whether that column seems to hold several labels a row.
        separator: What stands between these in a cell of text.
        group: A column that looks like groups whose rows belong together, such as the visits of a patient.
        split: A column that says train, val or test.
        days: Columns of whole numbers that all write a day, such as 20240131.
        classes: Of folders, how many files each class has.
        notes: What else is to be said, one sentence each.
    """

    path: Path
    modality: str
    data: str
    arguments: dict[str, str]
    rows: int | None
    looked: int
    columns: tuple[Seen, ...] = ()
    repeated: int = 0
    label: str | None = None
    several: bool = False
    separator: str | None = None
    group: str | None = None
    split: str | None = None
    days: tuple[str, ...] = ()
    classes: dict[str, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all rows were looked at."""
        return self.rows == self.looked

    @property
    def hints(self) -> dict[str, str]:
        """What a user may want to say to `compare`: a sentence for each argument of the data."""
        said = {}
        if self.label is not None and self.classes is None:
            what = "several labels a row" if self.several else "a label"
            how = "" if self.separator is None else f" --data.label_separator {shlex.quote(self.separator)}"
            said["label"] = f"{self.label!r} looks like {what}: --data.label {shlex.quote(self.label)}{how}"
        if self.group is not None:
            kept = f"--data.split_by {shlex.quote(self.group)} keeps the rows of each together"
            said["split_by"] = f"{self.group!r} looks like groups, each of several rows: {kept}"
        if self.split is not None:
            said["split"] = f"{self.split!r} says train, val or test: --data.split {shlex.quote(self.split)}"
        if self.days:
            named = ", ".join(map(repr, self.days))
            by = f"--data.date {shlex.quote(_as_list([*self.days]))}"
            said["date"] = f"{named} {'look' if len(self.days) > 1 else 'looks'} like days such as 20240131: {by}"
        texts = [one.name for one in self.columns if one.kind == "text"]
        if self.modality == "table" and texts:
            by = f"--data text --data.path {shlex.quote(str(self.path))} --data.text"
            said["text"] = "; ".join(f"{name!r} holds texts: {by} {shlex.quote(name)} embeds them" for name in texts)
        return said

    @property
    def command(self) -> str:
        """The comparison that works as a shell reads it: without columns that would be refused."""
        refused = [one.name for one in self.columns if one.kind == "unusable"] if self.modality == "table" else []
        drop = f" --data.drop {shlex.quote(_as_list(refused))}" if refused else ""
        return f"embedbench compare --data {shlex.quote(str(self.path))}{drop}"


def _as_list(names: list[str]) -> str:
    """Names in the YAML that an argument is read as; what isn't plain in quotes."""
    return f"[{', '.join(name if _PLAIN.fullmatch(name) else json.dumps(name) for name in names)}]"


def check_there(path: Path, what: str = "file or folder") -> None:
    """Refuses a path that leads nowhere.

    Args:
        path: It.
        what: What it should lead to.

    Raises:
        UsageError: If there is neither a file nor a folder; the nearest name in its folder is given.
    """
    if path.exists():
        return
    folder = path.parent
    names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    hint = f"; did you mean {str(folder / near[0])!r}?" if near else "; give the path of your data."
    raise UsageError(f"there is no {what} {str(path)!r}{hint}")
