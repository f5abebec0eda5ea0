"""The covariance of rows: as a matrix, or of fewer rows than features as the rows themselves, the smaller side."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from embedbench.functional.moments import axes_of_rows, principal_axes


class Covariance(ABC):
    """What fits to a covariance ask of it, without saying how it is held."""

    @property
    @abstractmethod
    def variances(self) -> Tensor:
        """Its diagonal, ``(features,)``."""

    @abstractmethod
    def axes(self) -> tuple[Tensor, Tensor]:
        """Principal axes as rows and their variances, falling, of which those that are left out are 0."""

    @abstractmethod
    def times(self, left: Tensor) -> Tensor:
        """The product of a matrix with it, ``(dim, features) -> (dim, features)``."""

    @abstractmethod
    def correlations(self, kept: Tensor) -> Covariance:
        """That of some features, booleans ``(features,)``, each divided by its standard deviation."""


class CovarianceMatrix(Covariance):
    """Held as a matrix.

    Args:
        matrix: ``(features, features)``.
    """

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix

    @property
    def variances(self) -> Tensor:
        """The diagonal."""
        return self.matrix.diagonal()

    def axes(self) -> tuple[Tensor, Tensor]:
        """As many as there are features."""
        return principal_axes(self.matrix)

    def times(self, left: Tensor) -> Tensor:
        """One product."""
        return left @ self.matrix

    def correlations(self, kept: Tensor) -> CovarianceMatrix:
        """Divided on both sides."""
        scale = self.variances[kept].sqrt()
        return CovarianceMatrix(self.matrix[kept][:, kept] / torch.outer(scale, scale))


class CovarianceOfRows(Covariance):
    """Held as the rows that it is of: no matrix of all pairs of features is made.

    Args:
        centred: Rows less their mean, ``(rows, features)``.
    """

    def __init__(self, centred: Tensor) -> None:
        self.centred = centred
        self._variances = centred.square().mean(0)

    @property
    def variances(self) -> Tensor:
        """Mean squares."""
        return self._variances

    def axes(self) -> tuple[Tensor, Tensor]:
        """As many as there are rows."""
        return axes_of_rows(self.centred)

    def times(self, left: Tensor) -> Tensor:
        """Two products, by way of the rows."""
        return (left @ self.centred.T) @ self.centred / len(self.centred)

    def correlations(self, kept: Tensor) -> CovarianceOfRows:
        """Rows of standardised features."""
        return CovarianceOfRows(self.centred[:, kept] / self.variances[kept].sqrt())
