"""Relevance by rank where products of float32 rows leave the order open: what that could move, and what settles it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.precision import Differences, slack, ties

_MOVED = 1e-4  # of a query's score: what two neighbouring ranks may be worth and still be left as they are
_TOP = 10  # ranks that are looked at one by one
_CROWD = 8  # ranks: where so many are too near to be told apart, rounding moves more than neighbours
_ALIKE = 4  # bits by which what rounding may make is larger than what it makes of every other pair
_ASIDE = 8  # ranks beside the last one that counts in which a run may begin or end
_SEGMENT = 16  # ranks of the first segment; each has twice as many as the one before
_FEW_RUNS = 4  # up to which one look for each is faster than a search
_MOST = np.iinfo(np.int32).max

Keys = NDArray[np.int32]
Integers = NDArray[np.int64]


class Members(NamedTuple):
    """Gallery rows near one query, in any order.

    Attributes:
        keys: Without relevance, ``(rows,)``.
        named: Gives the numbers in the gallery of some of them, and whether they are relevant.
    """

    keys: Keys
    named: Callable[[Integers], tuple[Integers, NDArray[np.bool_]]]


class Lines(NamedTuple):
    """The nearest gallery rows of some queries.

    Attributes:
        keys: In rising order, the bits of squared distances with relevance in the last one, ``(queries, most)``.
        found: How many there are of each query; what follows is larger than any, ``(queries,)``.
        first: Place of the nearest relevant row; 0 if there is none, ``(queries,)``.
        total: Relevant gallery rows, ``(queries,)``.
        lengths: Of the queries, float32 ``(queries,)``.
        dim: Numbers in a row.
    """

    keys: Keys
    found: Integers
    first: Integers
    total: Integers
    lengths: NDArray[np.float32]
    dim: int

    def squares(self, places: Integers) -> NDArray[np.float32]:
        """Squared distances at some places of each query, at the last one if there are fewer, ``(queries, places)``."""
        last = np.minimum(places, self.found[:, None] - 1)
        return np.take_along_axis(self.keys, last, axis=1).view(np.float32)

    def reach(self, place: Integers) -> NDArray[np.float32]:
        """The squared distance from which on rows are certainly farther than the one at a place, ``(queries,)``."""
        here = self.squares(place[:, None])[:, 0]
        return here + 3 * slack(here, self.lengths, self.dim).astype(np.float32)

    def unsettled(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether rounding may have moved a query's score by more than 1e-4, as some bound it: at some ranks, all over.

        A swap of the ranks k and k + 1 moves MAP@R by 1 / (k R) at most, R-precision by 1 / R if k is R, and whatever
        looks at the first ten ranks or at the first relevant row by any amount. Both are ``(queries,)``.
        """
        edges, within = self._steps()
        here = self._open_here(edges, within)
        over = self._worth(edges, within >> _ALIKE, 1) + self._worth(edges, within, _CROWD)
        here |= self._open_first()
        if self._counts_last().any():
            here |= self._counts_last() & self._open_last()
        crowded = over >= 1
        for line in np.flatnonzero(crowded).tolist():
            crowded[line] = self._moved_by_runs(line) > _MOVED
        return here, crowded

    def _looked_at(self) -> NDArray[np.float64]:
        """Ranks whose order matters by itself, ``(queries,)``."""
        most: NDArray[np.float64] = np.maximum(self.total, _TOP)
        return np.minimum(np.maximum(_TOP, 1 / (_MOVED * self.total)), most)

    def _counts_last(self) -> NDArray[np.bool_]:
        """Whether it matters which row is the last of as many as are relevant, ``(queries,)``."""
        return self.total * _MOVED < 1

    def _steps(self) -> tuple[Integers, Keys]:
        """Where segments of ranks begin, and the last one ends; differences of keys in each that may be rounding's.

        The latter are the largest, ``(queries, segments)``. Ranks behind those that count are left out.
        """
        edges, ranks = [0], min(max(int(self.total.max()), _TOP) + _CROWD, self.keys.shape[1] - 1)
        while edges[-1] < ranks:
            edges.append(min(max(2 * edges[-1], _SEGMENT), ranks))
        squares = self.squares(np.broadcast_to(np.array(edges), (len(self.keys), len(edges))))
        loose = slack(squares[:, 1:], self.lengths[:, None], self.dim)
        with np.errstate(invalid="ignore", over="ignore"):
            steps = 2 * loose / np.spacing(squares[:, :-1]) + 2  # keys count the steps from one float32 to the next
        most = _MOST // 2
        return np.array(edges), np.nan_to_num(np.minimum(steps, most), nan=most).astype(np.int32)

    def _open_here(self, edges: Integers, within: Keys) -> NDArray[np.bool_]:
        """Whether rows of either relevance may swap at ranks that matter by themselves, ``(queries,)``."""
        looked_at = self._looked_at()[:, None]
        here = np.zeros(len(self.keys), bool)
        reached = np.ones((len(self.keys), 1), bool)  # by a run that begins among the ranks that are looked at
        for (begin, end), most in zip(pairwise(edges.tolist()), within.T[:, :, None], strict=True):
            gap = self.keys[:, begin + 1 : end + 1] - self.keys[:, begin:end]  # odd where relevance differs
            ends = (gap > most) & (np.arange(begin, end) >= looked_at - 1)
            inside = reached & ~np.logical_or.accumulate(ends, axis=1)
            here |= (inside & (gap <= most) & (gap & 1).astype(bool)).any(axis=1)
            reached = inside[:, -1:]
            if not reached.any():
                return here
        return here | (reached[:, 0] & (self.found > int(edges[-1]) + 1))  # what lies behind hasn't been looked at

    def _worth(self, edges: Integers, within: Keys, apart: int) -> NDArray[np.float64]:
        """What may be moved, in units of 1e-4, where rows so many ranks apart are too near, ``(queries,)``.

        Neighbours count where relevance differs.
        """
        end = int(edges[-1]) + 1
        gap = self.keys[:, apart:end] - self.keys[:, : max(0, end - apart)]
        few = np.flatnonzero(gap <= within.max(axis=1, keepdims=True))  # of a hundred, one
        line, place = np.divmod(few, max(1, gap.shape[1]))
        near = gap.ravel()[few]
        segment = edges.searchsorted(place + apart // 2, side="right") - 1
        moves = (near <= within[line, segment]) & (place + apart < self.found[line])
        if apart == 1:
            moves &= (near & 1).astype(bool)
        line, segment = line[moves], segment[moves]
        worth = apart / (np.maximum(edges[segment], 1) * self.total[line] * _MOVED)
        return np.asarray(np.bincount(line, worth, len(self.keys)), np.float64)

    def _beside(self, place: Integers, aside: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which pairs around a place ``(queries,)`` may swap, and in which relevance differs, ``(queries, pairs)``."""
        wanted = place[:, None] + np.arange(-aside, aside + 1)
        around = np.clip(wanted, 0, self.found[:, None] - 1)
        keys = np.take_along_axis(self.keys, around, axis=1)
        squares = keys.view(np.float32)
        loose = slack(squares, self.lengths[:, None], self.dim)
        with np.errstate(invalid="ignore"):
            near = squares[:, 1:] - loose[:, 1:] <= squares[:, :-1] + loose[:, :-1]
        return near & np.diff(around, axis=1).astype(bool), ((keys[:, 1:] ^ keys[:, :-1]) & 1).astype(bool)

    def _open_first(self) -> NDArray[np.bool_]:
        """Whether the nearest relevant row may be at another rank, ``(queries,)``."""
        near, mixed = self._beside(self.first, 1)
        return np.asarray((near & mixed).any(axis=1))

    def _open_last(self) -> NDArray[np.bool_]:
        """Whether another row may be the last of as many as are relevant, and matter, ``(queries,)``."""
        near, mixed = self._beside(self.total, _ASIDE)
        before, behind = near[:, _ASIDE - 1 :: -1], near[:, _ASIDE - 1 :]
        differs = np.zeros(len(near), bool)
        for one, other in ((before, mixed[:, _ASIDE - 1 :: -1]), (behind, mixed[:, _ASIDE - 1 :])):
            run = np.logical_and.accumulate(one, axis=1)
            differs |= (run & other).any(axis=1) | run[:, -1]  # a run beyond what is looked at is taken for mixed
        return near[:, _ASIDE - 1] & differs

    def _runs(self, line: int) -> tuple[Integers, Integers, Integers]:
        """Where runs of rows that are too near to be told apart begin and end, and how many in each are relevant."""
        keys = self.keys[line, : self.found[line]]
        squares = keys.view(np.float32)
        loose = slack(squares, self.lengths[line], self.dim)
        with np.errstate(invalid="ignore"):
            apart = squares[1:] - loose[1:] > squares[:-1] + loose[:-1]
        begin = np.flatnonzero(np.append(True, apart))
        return begin, np.append(begin[1:], len(keys)), np.add.reduceat(keys & 1, begin)

    def _moved_by_runs(self, line: int) -> float:
        """What the order within runs may be worth to MAP@R at most."""
        begin, end, relevant = self._runs(line)
        fewer = np.minimum(relevant, end - begin - relevant)
        return float((fewer * (end - begin) / (np.maximum(begin, 1) * self.total[line])).sum())

    def settle(self, line: int, query: int, members: Members, pairs: Differences, over: bool) -> None:
        """Puts relevance in the order of float64 differences in the runs of near rows that leave it open.

        Args:
            line: Number of the query in here.
            query: Its number among all queries.
            members: The same gallery rows.
            pairs: The rows as they were given.
            over: Whether all runs are settled, and not just those that matter by themselves.
        """
        keys = self.keys[line, : self.found[line]]
        begin, end, relevant = self._runs(line)
        wanted = (relevant > 0) & (relevant < end - begin)
        if not over:
            place, last = self.first[line], self.total[line] if self._counts_last()[line] else 0
            around = ((begin <= place) & (end > place)) | ((begin < last) & (end > last))
            wanted &= (begin < self._looked_at()[line]) | around
        begin, end = begin[wanted], end[wanted]
        if not len(begin):
            return
        plain = members.keys
        if len(begin) <= _FEW_RUNS:
            inside = [
                np.flatnonzero((plain >= a & -2) & (plain <= b))
                for a, b in zip(keys[begin], keys[end - 1], strict=True)
            ]
            run, chosen = np.repeat(np.arange(len(inside)), [len(one) for one in inside]), np.concatenate(inside)
        else:
            run = np.searchsorted(keys[begin] & -2, plain, side="right") - 1
            chosen = np.flatnonzero((run >= 0) & (plain <= keys[end - 1][run]))
            run = run[chosen]
        numbers, own = members.named(chosen)
        exact = pairs.squares(np.full(len(numbers), query), numbers)
        order = np.lexsort((exact, run))
        first = np.diff(run[order], prepend=-1) > 0
        order = order[np.lexsort((own[order], ties(exact[order], first, pairs.turned)))]
        places = np.concatenate([np.arange(*ends) for ends in zip(begin, end, strict=True)])
        keys[places] = (keys[places] & -2) | own[order]


def nearest_relevant(keys: Keys) -> Integers:
    """Place of the first key with relevance in its last bit; 0 if there is none, ``(queries,)``."""
    bits = (keys[:, :_SEGMENT] & 1).astype(bool)
    place: Integers = bits.argmax(axis=1)
    rest = np.flatnonzero(~bits.any(axis=1))
    if len(rest):
        place[rest] = (keys[rest] & 1).astype(bool).argmax(axis=1)
    return place
