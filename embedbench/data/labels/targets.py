"""Labels of any kind as models are given them; of real ones, mean and standard deviation at any scale."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedbench.types import Target


def mean_and_sd(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation (n) of numbers, 1 if that is 0; by a unit in which no square over- or underflows.

    >>> mean, sd = mean_and_sd(np.array([1e-300, 3e-300]))
    >>> f"{mean:g} {sd:g}"
    '2e-300 1e-300'

    Args:
        values: ``(rows,)``.
    """
    largest = float(np.abs(values).max()) or 1.0
    center = float((values / largest).mean()) * largest
    from_center = values / largest - center / largest
    unit = float(np.abs(from_center).max()) or 1.0
    return center, float((from_center / unit).std()) * unit * largest or 1.0


def served(label: Tensor | None, target: Target, mean: float, sd: float) -> Tensor | None:
    """What batches hold of labels: class numbers as they are, real ones standardised by the train rows, ``(rows,)``.

    The difference is taken in float64, so that it is right at any offset; float32 is enough for the rest. Several
    labels a row are the same numbers, 0 and 1, as float32 ``(rows, classes)``.

    Args:
        label: As the data have it, ``(rows,)`` or ``(rows, classes)``.
        target: Its kind.
        mean: Of a real label over the train rows.
        sd: Its standard deviation.
    """
    if label is None or target in ("classes", "none"):
        return label
    return label.to(torch.float32) if target == "multilabel" else ((label - mean) / sd).to(torch.float32)
