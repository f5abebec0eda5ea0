"""Looks at the data of a comparison once, and builds each model that is to be fitted to them. In a warm process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import UsageError
from embedbench.request.request import Request
from embedbench.request.resolve import Parts, resolve
from embedbench.run.prepared import prepared
from embedbench.run.quiet import quiet_lightning
from embedbench.sweep.candidates import ANY, Candidates, Facts, Survey
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import SPLITS


@quiet_lightning()
def survey(candidates: Candidates) -> Survey:
    """The facts of the data, and why each candidate for their kind can't be run, if it can't.

    Raises:
        UsageError: If the data, or the arguments that all candidates share, can't be used.
    """
    parts = _first(candidates)
    spec = parts.data.spec
    parts.suite.check(parts.data.rows, spec.target, spec.n_classes, parts.data.further("train"))
    facts = _facts(parts.data.read_by(None))
    requests = candidates.by_kind.get(facts.kind, candidates.by_kind[ANY])
    return Survey(facts, [_refusal(request, parts.data) for request in requests])


def _first(candidates: Candidates) -> Parts:
    """The parts of the first request that has no wrong argument."""
    errors = []
    for requests in candidates.by_kind.values():
        for request in requests:
            try:
                return resolve(request)
            except UsageError as error:
                errors.append(error)
    raise errors[0]


def _refusal(request: Request, loaded: EmbeddingDataModule) -> str | None:
    try:
        parts = resolve(request)
        reader = parts.data.reader
        if not isinstance(reader, TokenizerSpec) or reader.run is None:  # else all rows are read as that run reads them
            parts = parts._replace(data=loaded.read_by(reader))
        prepared(parts, request["seed_everything"])
    except UsageError as error:
        return str(error)
    return None


def _facts(data: EmbeddingDataModule) -> Facts:
    spec, counts = data.spec, dict[str, int]()
    if spec.classes:
        labels = torch.cat([label for split in SPLITS if (label := data.targets(split)) is not None])
        single = spec.target == "classes"
        found = (torch.bincount(labels, minlength=len(spec.classes)) if single else labels.sum(0)).tolist()
        counts = dict(sorted(zip(spec.classes, found, strict=True), key=lambda pair: -pair[1]))
    related = data.relations("train") is not None
    kind = "relations" if related else spec.modality
    copies = 0 if related else _copies(data)
    return Facts(kind, spec.shape, data.rows, spec.target, counts, copies, tuple(data.notes))


def _copies(data: EmbeddingDataModule) -> int:
    hashes = list(_hashes(data))
    return len(hashes) - len(set(hashes))


def _hashes(data: EmbeddingDataModule) -> Iterator[int]:
    for split in SPLITS:
        if data.spec.modality == "text":
            yield from map(hash, data.texts(split))
        else:
            rows = np.ascontiguousarray(data.tensors(split)[0].numpy() + 0.0)  # 0 and −0 are equal
            yield from (hash(row.tobytes()) for row in rows)
