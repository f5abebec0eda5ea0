"""Scores by plain loops over float64 differences: what every faster way has to equal, on any processor.

Rows whose squared distances differ by less than a 2^40th part are equally far.
"""

from __future__ import annotations

import numpy as np

EQUAL = 2.0**-40


def squares(query, gallery):
    """Squared distances of one row to all."""
    return ((np.asarray(gallery, float) - np.asarray(query, float)) ** 2).sum(axis=1)


def groups(distances):
    """Numbers of the groups of equal distances, from the nearest on, by place."""
    order = np.argsort(distances, kind="stable")
    rising = distances[order]
    number = np.cumsum(np.diff(rising, prepend=rising[:1]) > EQUAL * rising)
    found = np.empty(len(order), int)
    found[order] = number
    return found


def retrieval(z, label, query, query_label):
    """The eight measures of each query, the irrelevant first among equals."""
    rows = []
    for one, own in zip(query, query_label, strict=True):
        relevant = label == own
        total = relevant.sum()
        if not total:
            rows.append([0.0] * 8)
            continue
        hits = relevant[np.lexsort((relevant, groups(squares(one, z))))]
        gain = 1 / np.log2(np.arange(2, 12))
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        rows.append(
            [
                *(hits[:k].any() for k in (1, 5, 10)),
                hits[:10].sum() / 10,
                (precision * hits)[:total].sum() / total,
                hits[:total].mean(),
                1 / (hits.argmax() + 1),
                (hits[:10] * gain[: len(hits)]).sum() / gain[:total].sum(),
            ]
        )
    return np.array(rows, float)


def neighbors(z, query, k):
    """The k nearest rows of each query, the earlier first among equals."""
    return np.stack([np.lexsort((np.arange(len(z)), groups(squares(one, z))))[:k] for one in query])


def ranks(z, chosen=None):
    """Rank of each row seen from each, or from some; from 1, ties in one random order of all; the last is its own."""
    n = len(z)
    place = np.argsort(np.random.default_rng(0).permutation(n))
    chosen = range(n) if chosen is None else chosen
    found = np.empty((len(chosen), n), int)
    for ranked, i in zip(found, chosen, strict=True):
        seen = groups(squares(z[i], z))
        seen[i] = n
        ranked[np.lexsort((place, seen))] = np.arange(1, n + 1)
    return found


def intruders(own, other, k):
    """1 less the scaled excess of ranks in one space of neighbours in the other, of each row (Venna & Kaski, 2001)."""
    n = own.shape[1]
    excess = np.where(other <= k, np.maximum(own - k, 0), 0).sum(axis=1)
    return 1 - 2 * excess / (k * (2 * n - 3 * k - 1))


def trustworthiness(x, z, k):
    """Venna & Kaski (2001), of each row."""
    return intruders(ranks(x), ranks(z), k)


def overlap(x, z, k):
    """Shared neighbours over k, of each row."""
    return ((ranks(x) <= k) & (ranks(z) <= k)).sum(axis=1) / k


def silhouette(z, group):
    """Rousseeuw (1987), of each row."""
    found = []
    for i in range(len(z)):
        distance = np.sqrt(squares(z[i], z))
        own = group == group[i]
        if own.sum() == 1:
            found.append(0.0)
            continue
        a = distance[own].sum() / (own.sum() - 1)
        b = min(distance[group == g].mean() for g in np.unique(group) if g != group[i])
        found.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return np.array(found)
