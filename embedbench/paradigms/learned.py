"""Models learned by gradient steps: one optimiser and one training step for all, so that rows of a table compare."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.base import Encoder, WithDecoder
from embedbench.encoders.default import default_encoder, encoder_reader
from embedbench.errors import RunError
from embedbench.paradigms.held_out import HeldOut
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import Batch, DataSpec

EncoderFactory = Callable[[DataSpec], Encoder]
WithDecoderFactory = Callable[[DataSpec], WithDecoder]


class Learned(HeldOut):
    """A paradigm with an encoder and loss terms.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder from the spec; if not given, a conv net for images of 16×16 or more, a small BERT for
            texts, else an MLP.
        lr: Learning rate of AdamW (Loshchilov & Hutter, 2019), above 0.
        weight_decay: Of AdamW, 0 or more.

    Attributes:
        needs_arrays: Whether it measures rows, or gives them back by the mirror of its encoder: texts are no arrays.
        needs_budget: Whether it parts its steps, so that it has to know how many there are.

    Raises:
        UsageError: If ``lr`` or ``weight_decay`` is out of its range.
    """

    fitting = "gradient"
    views: ClassVar[Literal[0, 1, 2]] = 1
    needs_arrays: ClassVar[bool] = False
    needs_budget: ClassVar[bool] = False

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None,
        encoder: EncoderFactory | None,
        lr: PositiveFloat,
        weight_decay: NonNegativeFloat,
    ) -> None:
        super().__init__(spec, latent_dim)
        self.lr, self.weight_decay = lr, weight_decay
        self.encoder = default_encoder(spec) if encoder is None else encoder(spec)
        self._bad_step = torch.tensor(torch.inf)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec | None:
        """As its encoder wants them."""
        if cls.needs_arrays or "encoder" not in arguments:
            return super().reader(arguments)
        return encoder_reader(arguments["encoder"])

    @abstractmethod
    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Named, weighted loss terms, each a scalar; their sum is the loss.

        Outside of training nothing is drawn but by the numbers of rows: validations compare, and ranks agree.
        """

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss; its terms are logged every ``log_every_n_steps`` only: a call of ``log`` costs about 1 ms."""
        terms = self.terms(batch)
        loss = torch.stack(list(terms.values())).sum()
        # Remembered on the device: reading the value at every step would stall a GPU.
        now = torch.where(loss.detach().isfinite(), torch.inf, float(self.global_step))
        self._bad_step = torch.minimum(self._bad_step.to(now), now)
        # The step at which Lightning hands values to its loggers; a value logged earlier is lost at an epoch's end.
        if (self.global_step + 1) % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]  # set by a connector
            self._stop_if_broken()
            # Ranks have as many rows in a step, so that their mean is the mean over all rows.
            self.log_dict({f"train/{name}": term.detach() for name, term in terms.items()}, sync_dist=True)
        return loss

    def held_out(self, batch: Batch, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """The terms and their sum, means over rows."""
        terms = self.terms(batch)
        loss = torch.stack(list(terms.values())).sum()
        return {**terms, "loss": loss}, torch.tensor(len(batch.index), device=self.device)

    def on_train_end(self) -> None:
        """Looks at the steps since the last look."""
        self._stop_if_broken()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW over all parameters, in one fused kernel where torch has it: small models wait for the optimiser."""
        fused = self.device.type in ("cpu", "cuda")
        return torch.optim.AdamW(self.parameters(), lr=self.lr, weight_decay=self.weight_decay, fused=fused)

    def _stop_if_broken(self) -> None:
        """Every rank asks at the same step and gets the same answer, so that none waits for one that stopped."""
        first = float(self.trainer.strategy.reduce(self._bad_step, reduce_op="min"))
        if first < torch.inf:
            raise RunError(f"the loss became NaN or infinite at step {first:.0f}; lower --model.lr (now {self.lr:g}).")
