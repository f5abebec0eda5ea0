"""Word vectors of word2vec: a word predicts the words around it, or is predicted from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor, nn

from embedbench.arguments.hints import PositiveFloat, PositiveInt
from embedbench.errors import RunError
from embedbench.paradigms.base import need_texts
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.held_out import HeldOut
from embedbench.paradigms.words.negative_sampling import cumulative
from embedbench.paradigms.words.sgd import Objective, Tables, initial, loss_of, sgd_step_
from embedbench.paradigms.words.windows import Windows, keep_probability, subsampled, unpadded, windows
from embedbench.paradigms.words.word_table import Weighting, WordModel, WordTable, dim_note, fitting_dim
from embedbench.text.tokenizer_spec import TokenizerSpec, Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import Batch, DataSpec

_LAST = 1e-4  # learning rate at the end, as in word2vec.c
_POWER = 0.75  # of a word's frequency among the negatives


class Word2Vec(HeldOut, WordModel):
    """Negative sampling (Mikolov et al., 2013): frequent words thinned out, windows of random width, a falling rate.

    A step of the trainer is a batch of texts, which is learned by steps of 1,024 words. Several ranks take the mean of
    their tables after each batch. A document is embedded as a weighted mean of its words' vectors.

    Args:
        spec: Of texts that were read.
        objective: Whether each word predicts the words around it ("skip_gram") or is predicted from their mean
            ("cbow").
        latent_dim: Size of a vector, below the number of words; the data's default if not given.
        window: Largest half width of a window, in words, 1 or more.
        min_count: How often a word has to occur in the train texts, 1 or more.
        negatives: Words drawn by chance for each prediction, 1 or more.
        subsample: Share of all words above which a word is thinned out, above 0.
        weighting: Of the words of a document: their plain mean, or "sif" (Arora et al., 2017).
        lr: Learning rate at first, above 0; it falls linearly to 1e-4.

    Raises:
        UsageError: If an argument is out of its range, or there are too few words.
    """

    kind = "self_supervised"
    fitting = "gradient"

    def __init__(
        self,
        spec: DataSpec,
        objective: Objective,
        latent_dim: PositiveInt | None = None,
        window: PositiveInt = 5,
        min_count: PositiveInt = 5,
        negatives: PositiveInt = 5,
        subsample: PositiveFloat = 1e-3,
        weighting: Weighting = "sif",
        lr: PositiveFloat = 0.025,
    ) -> None:
        need_texts(objective, spec)
        vocabulary = Vocabulary(spec.vocabulary)
        super().__init__(spec, fitting_dim(spec, vocabulary) if latent_dim is None else latent_dim)
        self.notes += dim_note(latent_dim, self.latent_dim, spec)
        self.automatic_optimization = False
        self.objective, self.window, self.negatives, self.lr = objective, window, negatives, lr
        self.vocabulary = vocabulary
        self.table = WordTable(self.vocabulary, self.latent_dim, weighting)
        counts = torch.from_numpy(self.vocabulary.counts).clone()
        counts[self.vocabulary.special] = 0
        self.keep, self.noise = keep_probability(counts, subsample), cumulative(counts, _POWER)
        first = initial(self.vocabulary.size, self.latent_dim, Generator().manual_seed(torch.initial_seed()))
        self.table.vectors.data.copy_(first.inputs)
        self.outputs = nn.Parameter(first.outputs)
        self._draws: Generator | None = None

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """Words that are frequent enough."""
        return Words(arguments["min_count"])

    def prepare_fit(self, rows: FitRows) -> None:
        """Keeps the train texts for ``on_validation_start``."""
        self._fit_rows = rows

    def on_train_start(self) -> None:
        """Each rank draws for itself."""
        self._draws = self._generator(torch.initial_seed())

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Learns from one batch of texts."""
        assert self._draws is not None  # made when training started
        done = self.global_step / max(1, int(self.trainer.estimated_stepping_batches))
        rate = self.lr + (_LAST - self.lr) * min(1.0, done)
        text = self._windows(batch.x, self._draws, thinned=True)
        loss, predictions = sgd_step_(
            self._tables, text, self._noise, self.negatives, rate, self.objective, self._draws
        )
        if self.trainer.world_size > 1:
            for table in self._tables:
                torch.distributed.all_reduce(table.data.div_(self.trainer.world_size))
        self.optimizers().step()  # type: ignore[union-attr]  # moves nothing: it counts the steps
        if (self.global_step) % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]  # set by a connector
            loss, predictions = self.trainer.strategy.reduce(torch.stack([loss, predictions]), reduce_op="sum")
            mean = loss / predictions.clamp(min=1)
            if not bool(mean.isfinite()):
                raise RunError(f"the loss became NaN or infinite at step {self.global_step}; lower --model.lr.")
            self.log("train/loss", mean, sync_dist=True)  # equal already: said, or Lightning warns

    def on_validation_start(self) -> None:
        """What documents have in common follows from the words' vectors: it is found before these are kept."""
        self.table.remove_common(batch.x for batch in self._fit_rows.train.batches())

    def held_out(self, batch: Batch, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """Mean loss of a prediction, by the same draws each time."""
        draws = self._generator(number)
        text = self._windows(batch.x, draws, thinned=False)
        loss, predictions = loss_of(self._tables, text, self._noise, self.negatives, self.objective, draws)
        return {"loss": loss / predictions.clamp(min=1)}, predictions

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """One that has nothing to do: the tables are changed in place."""
        return torch.optim.SGD(self.parameters(), lr=self.lr)

    def embed(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, dim)``."""
        found: Tensor = self.table(x)
        return found

    @property
    def _tables(self) -> Tables:
        return Tables(self.table.vectors, self.outputs)

    @property
    def _noise(self) -> Tensor:
        return self.noise.to(self.device)

    def _generator(self, seed: int) -> Generator:
        return Generator(self.device).manual_seed(seed % 2**63)

    def _windows(self, x: Tensor, draws: Generator, *, thinned: bool) -> Windows:
        tokens, row = unpadded(x, self.vocabulary.pad)
        known = tokens != self.vocabulary.unknown
        tokens, row = tokens[known], row[known]
        if thinned:
            tokens, row = subsampled(tokens, row, self.keep.to(self.device), draws)
        return windows(tokens, row, self.window, draws)
