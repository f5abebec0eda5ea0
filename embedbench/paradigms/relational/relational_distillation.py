"""Relational distillation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.errors import UsageError
from embedbench.files.vector_reader import read_vectors
from embedbench.functional.float64 import lacks_float64
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.paradigms.relational.distill import angle_term, distance_term
from embedbench.paradigms.saved import RunTokenizer, load_run
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import Batch, DataSpec

_SPLITS = ("train", "val")
_Teacher = Paradigm | dict[str, Tensor]  # a model, or vectors of each split by the number of their rows


class RelationalDistillation(Learned):
    """Distances and angles among rows in a teacher's space are kept by the encoder's (RKD: Park et al., 2019).

    The teacher is frozen: it embeds the train and validation rows once, before the first step. Only relations within
    a batch are compared, so that the embedding may have other dimensions than the teacher's.

    Args:
        spec: Of the data.
        teacher: Folder of a finished run (of a model of the hub too: a run of ``pretrained``) on such data, or a file
            of vectors: with ``split`` that names those of "train" and of "val", in the order of each, or of the train
            rows alone, some of which then stand in for validation rows. Only the fit reads it.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        distance: Weight of the distances, 0 or more.
        angle: Weight of the angles, 0 or more; not both weights are 0.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If a weight is out of its range; of ``check`` if the teacher can't be read or has other rows.
    """

    kind = "relational"

    def __init__(
        self,
        spec: DataSpec,
        teacher: Path,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        distance: NonNegativeFloat = 1.0,
        angle: NonNegativeFloat = 2.0,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        if distance + angle == 0:
            raise UsageError("`distance` and `angle` must not both be 0: no loss would be left; raise one.")
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.distance, self.angle, self.teacher = distance, angle, Path(teacher)
        self._loaded: tuple[_Teacher, ...] = ()
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec | None:
        """As the teacher reads them, if it is a run."""
        teacher = Path(arguments["teacher"])
        return RunTokenizer(teacher) if teacher.is_dir() else super().reader(arguments)

    def check(self, rows: Mapping[str, int]) -> None:
        """Loads the teacher: one that can't be read or has other rows is refused while nothing has been written."""
        # In a tuple, for it is no part of this model: neither of its state nor of what is trained.
        self._loaded = (_load(self.teacher, self.spec, rows),)

    def prepare_fit(self, rows: FitRows) -> None:
        """Takes the teacher's embedding of train and validation rows, found where the model is, and lets it go."""
        splits = {"train": rows.train, "val": rows.val}
        if not self._loaded:
            self.check({name: split.n_rows for name, split in splits.items()})
        (teacher,), self._loaded = self._loaded, ()
        if isinstance(teacher, Paradigm):
            teacher = {name: split.embeddings(self._embedding_by(teacher)) for name, split in splits.items()}
        self._known = {split: z.to(self.device) for split, z in teacher.items()}
        if "val" not in self._known:
            self._train = rows.train.x

    def _embedding_by(self, teacher: Paradigm) -> Callable[[Tensor], Tensor]:
        """Embeds by the teacher, float32, on the model's device if that has what any teacher may hold."""
        device = torch.device("cpu") if lacks_float64(self.device) else self.device
        teacher.to(device)
        return lambda x: teacher.embed(x.to(device)).float()

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two terms, weighted."""
        x, known = batch.x, self._known["train"]
        if not self.training and "val" in self._known:
            known = self._known["val"]
        elif not self.training:
            x = self._train[batch.index.cpu() % len(known)].to(x)
        z, teacher = self.embed(x), known[batch.index % len(known)]
        return {"distance": self.distance * distance_term(z, teacher), "angle": self.angle * angle_term(z, teacher)}

    def embed(self, x: Tensor) -> Tensor:
        """The student's embedding, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]


def _load(teacher: Path, spec: DataSpec, rows: Mapping[str, int]) -> _Teacher:
    """A run's model, or the vectors of a file.

    Raises:
        UsageError: If there is neither, or the vectors are of other rows.
    """
    if teacher.is_dir():
        return load_run(teacher, spec)
    vectors = read_vectors(teacher)
    z = torch.tensor(vectors.z, dtype=torch.float32)  # a copy: a file that is mapped can't be written to
    if vectors.split is None and spec.modality == "text":
        raise UsageError(f"the teacher {teacher} needs `split` with train and val for texts; add it.")
    given = vectors.split
    found = {"train": z} if given is None else {split: z[torch.from_numpy(given == split)] for split in _SPLITS}
    for split, known in found.items():
        if len(known) != rows[split]:
            raise UsageError(
                f"the teacher {teacher} has {len(known)} vectors of {split} rows, but the data have {rows[split]} "
                f"{split} rows; give one for each, in the order of the split."
            )
    return found
