"""Views of train rows that still show the same, one declaration for every model that learns by gradient steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import ClosedUnitInterval, NonNegativeFloat, Range
from embedbench.functional.augment import corrupt, crop, cutout, flip, random_affine
from embedbench.functional.noise import row_noise, row_uniform
from embedbench.types import DataSpec

_PLACES = 9  # uniform numbers that a view of an image takes: part, frame, mirror and square
HalfOpenUnit = Annotated[float, Range(ge=0, lt=1)]


class Draws(NamedTuple):
    """Where the noise of some rows comes from: ``uniform(k)`` in [0, 1), ``(batch, k)``, and ``normal(k)`` likewise."""

    uniform: Callable[[int], Tensor]
    normal: Callable[[int], Tensor]


class ViewedData(NamedTuple):
    """What must be known of the data whose rows are viewed.

    Attributes:
        spec: Of the data.
        mirrored: Of images: whether a mirror image shows the same.
        padding: Of texts: id that stands for no token.
        others: Of tables: the train rows, ``(rows, features)``.
    """

    spec: DataSpec
    mirrored: bool = False
    padding: int = 0
    others: Tensor | None = None


class Views(Checked):
    """What may be done to a row of each modality; what stays at its default does nothing.

    Args:
        crop: Of images: least share of the area that a view shows, in (0, 1] (Chen et al., 2020).
        shift: Of images: the largest shift, as a share of the sides, in [0, 1] (Guo et al., 2018).
        degrees: Of images: the largest angle that they are turned by, to either side, in [0, 180].
        noise: Of images: standard deviation of each pixel's noise, in units of the data, 0 or more.
        cutout: Of images: side of a square of zeros, as a share of the image's, in [0, 1] (DeVries & Taylor, 2017).
        corruption: Of tables: share of the columns that come from other train rows, in [0, 1) (Bahri et al., 2022).
        token_dropout: Of texts: probability with which a token is left out, in [0, 1).
    """

    def __init__(
        self,
        crop: Annotated[float, Range(gt=0, le=1)] = 1.0,
        shift: ClosedUnitInterval = 0.0,
        degrees: Annotated[float, Range(ge=0, le=180)] = 0.0,
        noise: NonNegativeFloat = 0.0,
        cutout: ClosedUnitInterval = 0.0,
        corruption: HalfOpenUnit = 0.0,
        token_dropout: HalfOpenUnit = 0.0,
    ) -> None:
        self.crop, self.shift, self.degrees, self.noise, self.cutout = crop, shift, degrees, noise, cutout
        self.corruption, self.token_dropout = corruption, token_dropout

    def changes(self, spec: DataSpec) -> list[str]:
        """What is done to rows of these data, in words; nothing if they stay as they are."""
        if spec.modality == "image":
            said = [
                (self.crop < 1, f"cropped to {self.crop:g} of their area or more"),
                (self.shift > 0, f"shifted by up to {self.shift:g} of their sides"),
                (self.degrees > 0, f"turned by up to {self.degrees:g} degrees"),
                (self.cutout > 0, f"with a square of {self.cutout:g} of their sides cut out"),
                (self.noise > 0, f"with noise of {self.noise:g}"),
            ]
        elif spec.modality == "tabular":
            said = [
                (self.corruption > 0 and len(spec.widths) > 1, f"with {self.corruption:g} of their columns exchanged")
            ]
        else:
            said = [(self.token_dropout > 0, f"without {self.token_dropout:g} of their tokens")]
        return [words for done, words in said if done]

    def of(self, x: Tensor, draws: Draws, seen: ViewedData) -> Tensor:
        """A view of each row of a batch, ``(batch, *shape)``."""
        if seen.spec.modality == "image":
            return self.of_images(x, draws, mirrored=seen.mirrored)
        if seen.spec.modality == "text":
            return self.of_texts(x, draws, seen.padding)
        assert seen.others is not None  # of tables there are
        return self.of_rows(x, draws, torch.tensor(seen.spec.widths, device=x.device), seen.others)

    def of_images(self, x: Tensor, draws: Draws, *, mirrored: bool) -> Tensor:
        """A view of each image ``(batch, channels, height, width)``; half of them are mirrored, if asked."""
        where = draws.uniform(_PLACES).to(x)
        x = crop(x, where[:, :3], self.crop) if self.crop < 1 else x
        x = random_affine(x, where[:, 3:6], self.shift, self.degrees) if self.shift or self.degrees else x
        x = flip(x, where[:, 6]) if mirrored else x
        x = x + self.noise * draws.normal(x[0].numel()).to(x).view_as(x) if self.noise else x
        return cutout(x, where[:, 7:], self.cutout) if self.cutout else x

    def of_rows(self, x: Tensor, draws: Draws, widths: Tensor, others: Tensor) -> Tensor:
        """Rows ``(batch, features)`` with some columns, of these widths, from other rows ``(rows, features)``."""
        if not self.corruption or len(widths) < 2:
            return x
        chosen, source = draws.uniform(2 * len(widths)).to(x).chunk(2, dim=1)  # (batch, columns) each
        row = (source * len(others)).long().clamp(max=len(others) - 1).repeat_interleave(widths, dim=1)
        return corrupt(x, chosen, self.corruption, others[row, torch.arange(x.shape[1], device=x.device)], widths)

    def of_texts(self, x: Tensor, draws: Draws, padding: int) -> Tensor:
        """Token ids ``(batch, length)``, some of them padding; of each text the first one stays."""
        gone = draws.uniform(x.shape[1]) < self.token_dropout
        gone[:, 0] = False
        return x.masked_fill(gone, padding)


def view_notes(views: Views | None, spec: DataSpec, number: int, *, mirrored: bool) -> list[str]:
    """What a reader of the result should know of the views, one sentence each.

    Args:
        views: What was asked for.
        spec: Of the data.
        number: How many views of a row the model learns from.
        mirrored: Of images: whether half of the views are mirrored.
    """
    if views is None:
        return ["--data.flip did nothing: it is for the views of --augment"] if mirrored else []
    how = [*views.changes(spec), *(["mirrored by halves"] if mirrored and spec.modality == "image" else [])]
    if not number:
        return ["--augment did nothing: this model learns from rows as they are"]
    if not how:
        return [f"--augment did nothing: it changes nothing of data of kind {spec.modality}"]
    each = "one view" if number == 1 else "two views"
    return [f"learned from {each} of each row, drawn anew each time: {', '.join(how)}"]


def fresh(rows: int, device: torch.device) -> Draws:
    """Noise of torch's generator, another each time."""
    return Draws(lambda k: torch.rand(rows, k, device=device), lambda k: torch.randn(rows, k, device=device))


def of_numbers(index: Tensor, view: int) -> Draws:
    """Noise that follows from the rows' numbers ``(batch,)`` and the number of the view: in validation."""
    return Draws(
        lambda k: row_uniform(index, range(view, view + 1), k, seed=0)[0],
        lambda k: row_noise(index, range(view, view + 1), k, seed=1)[0],
    )
