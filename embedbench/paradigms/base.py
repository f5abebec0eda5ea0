"""What every paradigm is: something that embeds. It never grades itself: no probe, no accuracy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from lightning.pytorch import LightningModule
from torch import Tensor

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import PositiveInt
from embedbench.errors import UsageError
from embedbench.paradigms.fit_rows import FitRows
from embedbench.text.tokenizer_spec import NoTokenizer, TokenizerSpec
from embedbench.types import Batch, DataSpec, Embedded

Kind = Literal["supervised", "self_supervised", "generative", "relational", "clustering", "classical", "baseline"]


class Paradigm(LightningModule, Checked, ABC):
    """A way to turn rows into vectors.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding, 1 or more; the data's default if not given.

    Attributes:
        kind: Its place in the table of paradigms.
        fitting: How it learns: "none", "one_pass" over the train rows, or by "gradient" steps.
        sees: What ``embed`` is given: the input, or (an oracle) the label.
        is_input: Whether the embedding is the input itself, by which nothing can be said of how much of it is kept.
        constant: Whether it embeds all rows alike, on purpose: nobody is warned of a collapse.
        notes: What a reader of the result should know of the fit, one sentence each.
        frozen: Whether it is never fitted, and so slow that a run takes its embeddings from the cache.
        float64: Whether its ``terms`` or ``embed`` compute in float64, which Apple's MPS lacks: it then runs on the
            CPU there, as all do that are solved, score rows or give clusters or word vectors.
        selection: Which weights of gradient steps are scored: the "best" by the loss on validation, or the "last" where
            that loss doesn't compare over steps.
        views: How many views of a row it learns from where rows are augmented; 0 if it learns from rows as they are.

    Raises:
        UsageError: If ``latent_dim`` is below 1.
    """

    kind: ClassVar[Kind]
    fitting: ClassVar[Literal["none", "one_pass", "gradient"]]
    sees: ClassVar[Literal["x", "label"]] = "x"
    is_input: ClassVar[bool] = False
    constant: ClassVar[bool] = False
    frozen: ClassVar[bool] = False
    float64: ClassVar[bool] = False
    selection: ClassVar[Literal["best", "last"]] = "best"
    views: ClassVar[Literal[0, 1, 2]] = 0

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None) -> None:
        super().__init__()
        self.spec, self.latent_dim = spec, spec.latent_dim if latent_dim is None else latent_dim
        self.notes: list[str] = []
        if latent_dim is None and spec.latent_dim < spec.usual_latent_dim:
            usual = spec.usual_latent_dim
            self.notes.append(f"latent size {spec.latent_dim} in place of {usual}, for {spec.n_rows} train rows")

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec | None:
        """How texts have to be read for this model; ``None`` if it doesn't look at its input.

        Args:
            arguments: Of the constructor, by name, defaults among them.

        Raises:
            UsageError: If an argument is out of its range.
        """
        return None if cls.sees == "label" else NoTokenizer(f"model `{cls.called()}`", "tfidf_svd")

    @classmethod
    def called(cls) -> str:
        """What messages call it: its file's name."""
        return cls.__module__.rpartition(".")[2]

    def check(self, rows: Mapping[str, int]) -> None:
        """Refuses what it can't be fitted with, before anything is written; a finished run is used again without.

        Args:
            rows: Of each split.

        Raises:
            UsageError: If something that it learns from is missing or doesn't fit the rows.
        """
        del rows

    def prepare_fit(self, rows: FitRows) -> None:
        """Takes what the fit needs of all rows; most models need nothing but their batches.

        Called once on every rank before the first step of a fit, begun or resumed, with the model on its device and,
        of a resumed fit, its weights in place. What is drawn here by chance is the same on every rank; what follows
        from the rows alone has to be so too.

        Args:
            rows: All of train and validation; keep it to look at them again later in the fit.
        """
        del rows

    @abstractmethod
    def embed(self, x: Tensor) -> Tensor:
        """The embedding that is scored, ``(batch, *shape) -> (batch, dim)``."""

    def predict_step(self, batch: Batch, *_: Any) -> Embedded:
        """Embeds one batch; the row numbers go along so that ranks can be merged."""
        batch = batch.filled()
        return Embedded(self.embed(getattr(batch, self.sees)).float(), batch.index)


def need_texts(name: str, spec: DataSpec) -> None:
    """Refuses data that aren't texts.

    Raises:
        UsageError: If they are images or tables.
    """
    if spec.modality != "text":
        kind = {"image": "images", "tabular": "a table of numbers"}[spec.modality]
        raise UsageError(f"model `{name}` reads texts, but the data are {kind}; choose another model.")


def need_target(name: str, spec: DataSpec, *accepted: str) -> None:
    """Refuses data without the kind of label that a paradigm needs.

    Raises:
        UsageError: If ``spec.target`` isn't accepted.
    """
    if spec.target not in accepted:
        kinds = {
            "classes": "class labels",
            "real": "real-valued labels",
            "multilabel": "several labels a row",
            "none": "no labels",
        }
        got = kinds[spec.target]
        needs = " or ".join(kinds[a] for a in accepted if a != "multilabel")
        raise UsageError(
            f"model `{name}` needs {needs}, but the data have {got}; choose another model or name a label."
        )
