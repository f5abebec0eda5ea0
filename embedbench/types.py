"""The words that every layer shares: a batch of rows, what a model must know of the data, a metric's range.

Axis names, used in every shape comment of the package: ``batch`` rows of one step, ``rows`` of a whole split,
``features`` of a flattened input, ``channels``, ``height``, ``width`` of an image, ``dim`` of the latent space,
``classes`` of the label, ``k`` neighbours, ``words`` of a vocabulary, ``tokens`` of a text, ``length`` of a padded one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Modality = Literal["image", "tabular", "text"]
Target = Literal["classes", "real", "multilabel", "none"]
Split = Literal["train", "val", "test"]
_LEAST = 32
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class Batch(NamedTuple):
    """Some rows of one split.

    Attributes:
        x: Input, float32, ``(batch, *shape)``; of texts token ids, int64, ``(batch, length)``, padded at the end.
        label: Class number (int64), or real target standardised by the train rows (float32), ``(batch,)``; of several
            labels a row 1 for those that it has, else 0 (float32), ``(batch, classes)``; ``None`` without labels.
        index: The row's number in its split, int64, ``(batch,)``: it makes the ranks of a parallel run mergeable.
        clean: Where rows are augmented, and ``x`` is a view of them: the rows as they are, of ``x``'s shape.
        other: A second view, for models that compare two.
    """

    x: Tensor
    label: Tensor | None
    index: Tensor  # type: ignore[assignment]  # it hides tuple.index, which nobody needs of a batch
    clean: Tensor | None = None
    other: Tensor | None = None

    @property
    def rows(self) -> Tensor:
        """The rows as they are: what is to be decoded, whatever view is encoded."""
        return self.x if self.clean is None else self.clean

    def filled(self) -> Batch:
        """The batch, its last row repeated until there are 32.

        Products of fewer rows take other ways on some processors and differ in the last bits: by how many processes a
        split is shared would show in its embedding. Who gathers rows by their numbers drops what is repeated.
        """
        rows = len(self.index)
        if rows >= _LEAST:
            return self
        places = [*range(rows), *[rows - 1] * (_LEAST - rows)]
        return Batch(self.x[places], None if self.label is None else self.label[places], self.index[places])


class DataSpec(NamedTuple):
    """What a model must know of its data.

    Attributes:
        modality: Kind of input.
        shape: Shape of one row of ``x``: ``(features,)`` or ``(channels, height, width)``; () for texts, whose lengths
            differ.
        n_rows: Rows of the train split.
        target: Kind of label.
        classes: Names of the classes, in the order of their numbers, or of the labels, in the order of their columns;
            empty unless ``target`` is "classes" or "multilabel".
        target_mean: Of a real label over the train rows; else 0.
        target_sd: Its standard deviation (n), 1 if that is 0; else 1.
        low: Smallest value of ``x`` in any split; minus infinity if nobody looked.
        high: Largest value of ``x`` in any split; infinity if nobody looked.
        whole: Whether every value of ``x`` is known to be a whole number.
        categories: Widths of the one-hot codes of categorical columns, which are the last features of a row.
        vocabulary: How texts became token ids, as ``encoders.vocabulary`` writes it; empty for other data, and for
            texts that no model has asked for yet.
    """

    modality: Modality
    shape: tuple[int, ...]
    n_rows: int
    target: Target
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_sd: float = 1.0
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    categories: tuple[int, ...] = ()
    vocabulary: str = ""

    @property
    def n_classes(self) -> int:
        """Number of classes or of labels, 0 without any."""
        return len(self.classes)

    @property
    def features(self) -> int:
        """Numbers in one flattened row."""
        return math.prod(self.shape)

    @property
    def widths(self) -> tuple[int, ...]:
        """Features of each column of a table: one of a number, several of a one-hot code."""
        return (*[1] * (self.features - sum(self.categories)), *self.categories)

    @property
    def usual_latent_dim(self) -> int:
        """A quarter of the features, in [2, 32], and no more than there are; 64 for texts."""
        return 64 if self.modality == "text" else min(32, max(2, self.features // 4), self.features)

    @property
    def latent_dim(self) -> int:
        """Latent size of every model unless told otherwise: the usual one, below the number of train rows.

        A single feature is one number: more dimensions than features would be refused where they mean nothing.

        >>> DataSpec("image", (1, 28, 28), 60_000, "none").latent_dim
        32
        >>> DataSpec("image", (1, 8, 8), 1_294, "none").latent_dim
        16
        >>> DataSpec("tabular", (1,), 50, "none").latent_dim
        1
        >>> DataSpec("tabular", (200,), 17, "none").latent_dim
        16
        """
        return min(self.usual_latent_dim, max(1, self.n_rows - 1))


class FurtherLabel(NamedTuple):
    """A column that is set aside: no model sees it, and what was embedded without it is scored by it.

    Attributes:
        label: Class numbers (int64), -1 of a row without a value; or a real target (float64), NaN of such a row;
            ``(rows,)``.
        classes: Names of the classes in the order of their numbers; empty of a real target.
        height: Of a level of a hierarchy its place above the label, from 1; 0 of a column that stands alone.
    """

    label: NDArray[Any]
    classes: tuple[str, ...] = ()
    height: int = 0

    @property
    def target(self) -> Target:
        """Kind of label."""
        return "classes" if self.classes else "real"

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which rows have a value, ``(rows,)``."""
        found: NDArray[np.bool_] = self.label >= 0 if self.classes else self.label == self.label  # NaN is no equal
        return found

    def take(self, rows: NDArray[Any]) -> FurtherLabel:
        """That of some rows."""
        return self._replace(label=self.label[rows])


class Measure(NamedTuple):
    """Range and direction of one metric; ``better`` is "none" where neither end is better in itself."""

    low: float
    high: float
    better: Literal["higher", "lower", "none"]


class MetricName(NamedTuple):
    """The parts of a metric's name, such as "probe/linear_r2:income"; each may be empty.

    Attributes:
        family: What stands before the slash.
        inner: The name within the family.
        column: The further column that it is of.
    """

    family: str
    inner: str
    column: str

    @classmethod
    def of(cls, name: str) -> MetricName:
        """Of a whole name; a column may be called by any signs.

        >>> MetricName.of("probe/linear_r2:km/h"), MetricName.of("loss")
        (MetricName(family='probe', inner='linear_r2', column='km/h'), MetricName(family='', inner='loss', column=''))
        """
        plain, _, column = name.partition(":")
        family, _, inner = plain.rpartition("/")
        return cls(family, inner, column)


class Embedded(NamedTuple):
    """Embeddings of some rows of one split.

    Attributes:
        z: Float32, ``(batch, dim)``.
        index: The rows' numbers in their split, int64, ``(batch,)``.
    """

    z: Tensor
    index: Tensor  # type: ignore[assignment]  # it hides tuple.index, which nobody needs of a batch
