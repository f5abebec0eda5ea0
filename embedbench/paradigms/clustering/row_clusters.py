"""Clusters of the rows as they are: fitted to all train rows at once, without a network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from embedbench.paradigms.clustering.clusterer import Clusterer, Count, Embedding, count_clusters, count_note
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.saved import RunTokenizer, load_run
from embedbench.paradigms.solved import FullBatch
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import DataSpec


class RowClusters(FullBatch, Clusterer):
    """Clusters of the train rows, all of which every rank holds.

    With "auto" each number from 2 to 20 is fitted, and the one kept that is best on the validation rows by the
    model's criterion; the soft assignment then has 20 columns, of which those beyond the chosen number are 0.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses.
        embedding: The soft assignment, ``(batch, clusters)``, or "latent": the rows that are clustered themselves.
        on: Folder of a finished run whose embedding is clustered, and not the flattened input.

    Attributes:
        count: Number of clusters that are fitted, int64 scalar.
        features: Numbers in one of the rows that are clustered.

    Raises:
        UsageError: If the number of clusters is out of its range, no classes are there to be counted, or ``on`` is no
            finished run on such data.
    """

    kind = "clustering"
    count: Tensor

    def __init__(self, spec: DataSpec, clusters: Count, embedding: Embedding, on: Path | None) -> None:
        tried = count_clusters(self.called(), clusters, spec)
        base = None if on is None else load_run(Path(on), spec)
        features = spec.features if base is None else base.latent_dim
        super().__init__(spec, tried[-1] if embedding == "assignment" else features)
        self.tried, self.embedding, self.features, self.base = tried, embedding, features, base
        self.register_buffer("count", torch.tensor(tried[-1]))
        self._remarks: list[str] = []
        self._fitted: tuple[str, ...] = ()

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec | None:
        """Texts are read as the run reads them whose embedding is clustered."""
        on = arguments["on"]
        return super().reader(arguments) if on is None else RunTokenizer(Path(on))

    def hold(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Makes room for what is fitted for each cluster, by name."""
        self._fitted = tuple(shapes)
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.zeros(self.tried[-1], *shape, dtype=torch.float64)))

    @abstractmethod
    def solve(self, rows: Tensor, clusters: int) -> tuple[dict[str, Tensor], list[str]]:
        """Fits to all train rows, the same on every rank.

        Args:
            rows: Float64 ``(rows, features)``, on the model's device.
            clusters: Their number.

        Returns:
            What is fitted by name, ``(clusters, *shape)`` each, and what a reader should know of the fit.
        """

    @abstractmethod
    def criterion(self, rows: Tensor) -> float:
        """How good the clusters are by other rows ``(rows, features)``; higher is better."""

    @abstractmethod
    def assign(self, rows: Tensor) -> Tensor:
        """Probabilities of the clusters that are fitted, float64 ``(batch, features) -> (batch, count)``."""

    def prepare_fit(self, rows: FitRows) -> None:
        """Fits, and chooses the number of clusters where that is asked for."""
        # In float64 batch by batch: no second table of all rows.
        train, val = (split.embeddings(lambda x: self.points(x).double()) for split in (rows.train, rows.val))
        best, chosen = -torch.inf, None
        for clusters in self.tried:
            found = self.trainer.strategy.broadcast(self.solve(train, clusters))
            self._keep(clusters, *found)
            value = self.criterion(val) if len(self.tried) > 1 else 0.0
            if value > best:
                best, chosen = value, (clusters, *found)
        assert chosen is not None  # every criterion is finite
        self._keep(*chosen)

    def embed(self, x: Tensor) -> Tensor:
        """The soft assignment ``(batch, clusters)``, or the rows that are clustered."""
        rows = self.points(x)
        if self.embedding == "latent":
            return rows
        shares = self.assign(rows.double()).to(rows.dtype)
        return nn.functional.pad(shares, (0, self.latent_dim - shares.shape[1]))

    def clusters(self, x: Tensor) -> Tensor:
        """The likeliest cluster, int64 ``(batch,)``; the first of equally likely ones."""
        return self.assign(self.points(x).double()).argmax(1)

    def points(self, x: Tensor) -> Tensor:
        """What is clustered, ``(batch, *shape) -> (batch, features)``."""
        return x.flatten(1) if self.base is None else self.base.embed(x)

    def cluster_notes(self) -> list[str]:
        """The number of clusters, and what the fit had to say."""
        return [count_note(int(self.count), self.tried), *self._remarks]

    def _keep(self, clusters: int, found: dict[str, Tensor], remarks: list[str]) -> None:
        self.count.fill_(clusters)
        self._remarks = remarks
        with torch.no_grad():
            for name in self._fitted:
                getattr(self, name)[:clusters] = found[name]
