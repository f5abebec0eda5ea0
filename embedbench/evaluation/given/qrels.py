"""Relevance judgements: which documents are relevant for a query, and how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

_COLUMNS = {3: (0, 1, 2), 4: (0, 2, 3)}  # query, document and grade of BEIR's three and TREC's four
Integers = NDArray[np.int64]


class Judgements(NamedTuple):
    """Judged pairs, in the order of their queries; ``(pairs,)`` each.

    Attributes:
        query: Number of the query row.
        document: Number of the gallery row.
        grade: The larger, the more relevant; not relevant at 0 or below.
    """

    query: Integers
    document: Integers
    grade: Integers

    def of(self, rows: Integers) -> Judgements:
        """Those of some query rows ``(rows,)``, sorted, which are numbered anew."""
        kept = np.isin(self.query, rows)
        return Judgements(rows.searchsorted(self.query[kept]), self.document[kept], self.grade[kept])

    def answerable(self) -> Integers:
        """Numbers of the queries that have a relevant document, sorted."""
        return np.unique(self.query[self.grade > 0])


def read_qrels(path: Path, queries: Sequence[str], documents: Sequence[str]) -> Judgements:
    """The judgements in a file: lines of query, document and grade, as TREC's or BEIR's.

    TREC's have four columns, of which the second is not used; BEIR's three, with a header line. Columns are separated
    by tabs if there is one, else by blanks. Grades are whole numbers.

    Args:
        path: The file, perhaps compressed.
        queries: Ids of the query rows.
        documents: Ids of the gallery rows.

    Raises:
        UsageError: If it can't be read, a line has another form, an id is unknown, a pair is judged twice with
            different grades, or nothing is relevant.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}; give the path of relevance judgements.")
    numbers = [{name: number for number, name in enumerate(names)} for names in (queries, documents)]
    found: dict[tuple[int, int], int] = {}
    for line, (query, document, grade) in _lines(path):
        for name, known, what in ((query, numbers[0], "query"), (document, numbers[1], "document")):
            if name not in known:
                raise UsageError(
                    f"line {line} of {path} judges the {what} {name!r}, which no row has as its id; leave the "
                    "line out, or give the vectors of all."
                )
        pair = numbers[0][query], numbers[1][document]
        if found.setdefault(pair, grade) != grade:
            raise UsageError(
                f"line {line} of {path} grades {query} and {document} {grade}, and a line before {found[pair]}; keep "
                "one of them."
            )
    if not any(grade > 0 for grade in found.values()):
        raise UsageError(f"{path} judges no document relevant; give a grade of 1 or more to those that are.")
    rows = np.array([(*pair, grade) for pair, grade in sorted(found.items())], np.int64)
    return Judgements(*rows.T)


def _lines(path: Path) -> Iterator[tuple[int, tuple[str, str, int]]]:
    """Query, document and grade of each line that isn't empty, with its number."""
    from embedbench.files.text_file import read_text

    started = False
    for line, text in enumerate(read_text(path, "relevance judgements").splitlines(), 1):
        words = [word.strip() for word in text.split("\t")] if "\t" in text else text.split()
        if not any(words):
            continue
        if len(words) not in _COLUMNS:
            raise UsageError(
                f"line {line} of {path} must have 3 columns (query, document, grade) or TREC's 4, got {len(words)}."
            )
        query, document, grade = (words[place] for place in _COLUMNS[len(words)])
        number = _whole(grade)
        if number is not None:
            yield line, (query, document, number)
        elif started or _is_number(grade):
            raise UsageError(f"the grade in line {line} of {path} must be a whole number, got {grade!r}.")
        started = True  # a first line without a grade is a header


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(text: str) -> int | None:
    if not _is_number(text):
        return None
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**31 else None
