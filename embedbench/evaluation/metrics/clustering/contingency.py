"""How well two partitions of the same rows agree, all from one table of counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_TAIL = 50.0  # −log of the probability beyond which counts are left out of an expected value
_LEAST = float(np.finfo(np.float64).eps)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Contingency(NamedTuple):
    """How many rows of each class are in each cluster.

    >>> table = Contingency.of(np.array([0, 0, 1, 1]), np.array([7, 7, 7, 3]))
    >>> table.counts.tolist(), table.accuracy()
    ([[0, 2], [1, 1]], 0.75)

    Attributes:
        counts: int64 ``(classes, clusters)``, no row or column of zeros.
    """

    counts: Integers

    @classmethod
    def of(cls, truth: Integers, cluster: Integers) -> Contingency:
        """Of rows with class and cluster numbers, ``(rows,)`` each."""
        (one, classes), (other, clusters) = _numbered(truth), _numbered(cluster)
        counts = np.bincount(one * clusters + other, minlength=classes * clusters).reshape(classes, clusters)
        return cls(counts[counts.any(axis=1)][:, counts.any(axis=0)].astype(np.int64))

    def indices(self) -> dict[str, float]:
        """NMI, AMI, ARI, V-measure with homogeneity and completeness, and accuracy, by these names."""
        class_entropy, cluster_entropy = _entropy(self._classes), _entropy(self._clusters)
        information = self._information()
        homogeneity = information / class_entropy if class_entropy > 0 else 1.0
        completeness = information / cluster_entropy if cluster_entropy > 0 else 1.0
        total = homogeneity + completeness
        v_measure = 2 * homogeneity * completeness / total if total > 0 else 0.0
        return {
            "nmi": v_measure,  # the harmonic mean of the two is the information over the mean of the entropies
            "ami": self._adjusted(information, (class_entropy + cluster_entropy) / 2),
            "ari": self._adjusted_rand(),
            "v_measure": v_measure,
            "homogeneity": homogeneity,
            "completeness": completeness,
            "accuracy": self.accuracy(),
        }

    def accuracy(self) -> float:
        """Share of rows in [0, 1] whose cluster is the one matched with their class (Hungarian method, Kuhn, 1955).

        Each class has at most one cluster and each cluster at most one class; the matching is the most favourable one.
        """
        from scipy.optimize import linear_sum_assignment

        classes, clusters = linear_sum_assignment(self.counts, maximize=True)
        return float(self.counts[classes, clusters].sum() / self.counts.sum())

    @property
    def _classes(self) -> Integers:
        sizes: Integers = self.counts.sum(axis=1)
        return sizes

    @property
    def _clusters(self) -> Integers:
        sizes: Integers = self.counts.sum(axis=0)
        return sizes

    def _information(self) -> float:
        """Mutual information in nats; 0 rather than what rounding leaves of it."""
        n_rows = int(self.counts.sum())
        held = self.counts > 0
        share = self.counts[held] / n_rows
        alone = (np.log(self._classes)[:, None] + np.log(self._clusters))[held]
        terms = share * (np.log(self.counts[held]) + np.log(n_rows) - alone)
        information = float(terms[np.abs(terms) >= _LEAST].sum())
        return information if information > _LEAST else 0.0

    def _adjusted(self, information: float, mean_entropy: float) -> float:
        """Adjusted mutual information (Vinh et al., 2010)."""
        if self.counts.size == 1:
            return 1.0
        if 1 in self.counts.shape:
            return 0.0
        expected = _expected_information(self._classes, self._clusters)
        return _off_zero(information - expected) / _off_zero(mean_entropy - expected)

    def _adjusted_rand(self) -> float:
        """Adjusted Rand index (Hubert & Arabie, 1985), from whole numbers that don't overflow."""
        n_rows = int(self.counts.sum())
        same, class_pairs, cluster_pairs = (
            sum(int(size) * (int(size) - 1) for size in sizes[sizes > 1])
            for sizes in (self.counts.ravel(), self._classes, self._clusters)
        )
        one, other = class_pairs - same, cluster_pairs - same
        if one == other == 0:
            return 1.0
        neither = n_rows * (n_rows - 1) - same - one - other
        return (
            2 * (same * neither - one * other) / ((same + one) * (one + neither) + (same + other) * (other + neither))
        )


def _numbered(names: Integers) -> tuple[Integers, int]:
    """Numbers from 0, and how many there may be: the names themselves less the first if they lie close together."""
    low = int(names.min())
    width = int(names.max()) - low + 1
    if width <= len(names):
        return names - low, width
    known, number = np.unique(names, return_inverse=True)
    return number, len(known)


def _entropy(sizes: Integers) -> float:
    """In nats, of groups of these sizes, which are positive."""
    if len(sizes) == 1:
        return 0.0
    share = sizes / sizes.sum()
    return float(-(share * np.log(share)).sum())


def _off_zero(value: float) -> float:
    """The value, no closer to 0 than rounding is."""
    return min(value, -_LEAST) if value < 0 else max(value, _LEAST)


def _expected_information(classes: Integers, clusters: Integers) -> float:
    """Mean mutual information of random partitions with groups of these sizes, in nats (Vinh et al., 2010).

    The count of rows in a class and a cluster is hypergeometric; what is beyond its e^-50 tails by Bernstein's bound,
    which holds for draws without replacement too, is left out.
    """
    from scipy.special import gammaln

    n_rows = int(classes.sum())
    logs = gammaln(np.arange(1, n_rows + 2))  # of factorials
    b, b_times = np.unique(clusters, return_counts=True)
    total = 0.0
    for a, a_times in zip(*np.unique(classes, return_counts=True), strict=True):
        mean = a / n_rows * b
        width = _TAIL / 3 + np.sqrt(_TAIL**2 / 9 + 2 * _TAIL * mean)
        least = np.maximum(np.maximum(1, a + b - n_rows), np.floor(mean - width)).astype(np.int64)
        most = np.minimum(np.minimum(a, b), np.ceil(mean + width)).astype(np.int64)
        lengths = np.maximum(most - least + 1, 0)
        which = np.repeat(np.arange(len(b)), lengths)
        count = np.arange(len(which)) - np.repeat(lengths.cumsum() - lengths - least, lengths)
        other = b[which]
        fixed = logs[a] + logs[n_rows - a] - logs[n_rows] + logs[b] + logs[n_rows - b]
        chance = fixed[which] - logs[count] - logs[a - count] - logs[other - count] - logs[n_rows - a - other + count]
        terms = count / n_rows * np.log(count * (n_rows / a) / other) * np.exp(chance)
        total += float(a_times * (terms * b_times[which]).sum())
    return total
