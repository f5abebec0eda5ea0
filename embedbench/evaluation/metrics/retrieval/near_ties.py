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


class Open(NamedTuple):
    """Where rounding may have moved a query's score by more than 1e-4, as some bound it, bool ``(queries,)`` each.

    Attributes:
        here: At the ranks that are looked at one by one, or at the nearest relevant row.
        last: Around the last rank that counts.
        over: All over.
    """

    here: NDArray[np.bool_]
    last: NDArray[np.bool_]
    over: NDArray[np.bool_]


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
        return self.keys[np.arange(len(last))[:, None], last].view(np.float32)

    def reach(self, place: Integers) -> NDArray[np.float32]:
        """The squared distance from which on rows are certainly farther than the one at a place, ``(queries,)``."""
        here = self.squares(place[:, None])[:, 0]
        return here + 3 * slack(here, self.lengths, self.dim).astype(np.float32)

    def unsettled(self) -> Open:
        """What products leave open.

        A swap of the ranks k and k + 1 moves MAP@R by 1 / (k R) at most, R-precision by 1 / R if k is R, and whatever
        looks at the first ten ranks or at the first relevant row by any amount.
        """
        edges, within = self._steps()
        first, last = self._open_beside()
        over = self._worth(edges, within >> _ALIKE, 1) + self._worth(edges, within, _CROWD) >= 1
        for line in np.flatnonzero(over).tolist():
            over[line] = self._moved_by_runs(line) > _MOVED
        return Open(self._open_here(edges, within) | first, last, over)

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
        squares = self.squares(np.array([edges]))
        loose = slack(squares[:, 1:], self.lengths[:, None], self.dim)
        with np.errstate(invalid="ignore", over="ignore"):
            steps = 2 * loose / np.spacing(squares[:, :-1]) + 2  # keys count the steps from one float32 to the next
        return np.array(edges), np.fmin(steps, _MOST // 2).astype(np.int32)  # the most if it isn't a number

    def _open_here(self, edges: Integers, within: Keys) -> NDArray[np.bool_]:
        """Whether rows of either relevance may swap at ranks that matter by themselves, ``(queries,)``.

        Those are the ranks that are looked at, and as far behind them as no gap is too large for rounding.
        """
        last = self._looked_at()[:, None] - 1
        here, inside = np.zeros((2, len(self.keys)), bool)
        inside[:] = True
        for (begin, end), most in zip(pairwise(edges.tolist()), within.T[:, :, None], strict=True):
            gap = self.keys[:, begin + 1 : end + 1] - self.keys[:, begin:end]
            near = gap <= most
            matters = np.logical_and.accumulate(near | (np.arange(begin, end) < last), axis=1) & inside[:, None]
            here |= (matters & near & _differ(gap)).any(axis=1)
            inside = matters[:, -1]
            if not inside.any():
                return here
        return here | (inside & (self.found > int(edges[-1]) + 1))  # what lies behind hasn't been looked at

    def _worth(self, edges: Integers, within: Keys, apart: int) -> NDArray[np.float64]:
        """What may be moved, in units of 1e-4, where rows so many ranks apart are too near, ``(queries,)``.

        Neighbours count where relevance differs.
        """
        end, middle = int(edges[-1]) + 1, apart // 2
        nearer, farther = self.keys[:, : max(0, end - apart)], self.keys[:, apart:end]
        most = np.repeat(within, np.diff(edges), axis=1)[:, middle : middle + nearer.shape[1]]
        line, place = np.divmod(np.flatnonzero(farther - nearer <= most), max(1, nearer.shape[1]))  # of a hundred, one
        moves = place + apart < self.found[line]
        if apart == 1:
            moves &= _differ(farther[line, place] - nearer[line, place])
        line, begin = line[moves], edges[edges.searchsorted(place[moves] + middle, side="right") - 1]
        worth = apart / (np.maximum(begin, 1) * self.total[line] * _MOVED)
        return np.asarray(np.bincount(line, worth, len(self.keys)), np.float64)

    def _beside(self, places: Integers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which rows at some places may swap with the next ones, and where relevance differs, ``(queries, pairs)``."""
        around = np.minimum(np.maximum(places, 0), self.found[:, None] - 1)
        keys = self.keys[np.arange(len(around))[:, None], around]
        squares = keys.view(np.float32)
        loose = slack(squares, self.lengths[:, None], self.dim)
        with np.errstate(invalid="ignore"):
            near = squares[:, 1:] - loose[:, 1:] <= squares[:, :-1] + loose[:, :-1]
        return near & (around[:, 1:] > around[:, :-1]), _differ(keys[:, 1:] ^ keys[:, :-1])

    def _open_beside(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether the nearest relevant row may have another rank, and whether the last that counts may be another one.

        The latter matters if relevance differs among the rows that it may be. Both are ``(queries,)``.
        """
        counts = self._counts_last()
        aside = np.arange(-_ASIDE, _ASIDE + 1) if counts.any() else np.arange(0)
        near, mixed = self._beside(np.hstack([self.first[:, None] + np.arange(-1, 2), self.total[:, None] + aside]))
        first = np.asarray((near[:, :2] & mixed[:, :2]).any(axis=1))
        if not len(aside):
            return first, counts
        near, mixed = near[:, 3:], mixed[:, 3:]
        differs = np.zeros(len(near), bool)
        for way in (slice(_ASIDE - 1, None, -1), slice(_ASIDE - 1, None)):
            run = np.logical_and.accumulate(near[:, way], axis=1)
            differs |= (run & mixed[:, way]).any(axis=1) | run[:, -1]  # beyond what is looked at it is taken to differ
        return first, counts & near[:, _ASIDE - 1] & differs

    def _runs(self, line: int, low: int = 0, high: int = _MOST) -> tuple[Integers, Integers, Integers]:
        """Where runs of rows that are too near to be told apart begin and end, and how many in each are relevant.

        Those that hold any of the ranks from the one to the other, or all.
        """
        found, aside = int(self.found[line]), _ASIDE
        while True:
            start, stop = max(low - aside, 0), min(high + aside, found)
            squares = self.keys[line, start:stop].view(np.float32)
            loose = slack(squares, self.lengths[line], self.dim)
            with np.errstate(invalid="ignore"):
                apart = squares[1:] - loose[1:] > squares[:-1] + loose[:-1]
            cuts = np.flatnonzero(np.concatenate([[start == 0], apart, [stop == found]])) + start
            begin, end = cuts.searchsorted(low, side="right") - 1, cuts.searchsorted(min(high, found))
            if begin >= 0 and end < len(cuts):
                cuts = cuts[begin : end + 1]
                relevant = np.add.reduceat(self.keys[line, cuts[0] : cuts[-1]] & 1, cuts[:-1] - cuts[0])
                return cuts[:-1], cuts[1:], relevant
            aside *= _ASIDE

    def _moved_by_runs(self, line: int) -> float:
        """What the order within runs may be worth to MAP@R at most."""
        begin, end, relevant = self._runs(line)
        fewer = np.minimum(relevant, end - begin - relevant)
        return float((fewer * (end - begin) / (np.maximum(begin, 1) * self.total[line])).sum())

    def _runs_that_count(self, line: int, here: bool, last: bool) -> tuple[Integers, Integers, Integers]:
        """The same of those whose order matters by itself, of a query of which something like that is open."""
        looked_at, place, total = (int(each[line]) for each in (np.ceil(self._looked_at()), self.first, self.total))
        found = []
        if here or place >= looked_at:
            found.append(self._runs(line, 0, max(looked_at, place + 1)))
        if last and not (found and found[0][1][-1] >= total):
            found.append(self._runs(line, total - 1, total))
        begin, end, relevant = (np.concatenate(parts) for parts in zip(*found, strict=True))
        wanted = (begin < looked_at) | ((begin <= place) & (end > place)) | (last & (begin < total) & (end > total))
        return begin[wanted], end[wanted], relevant[wanted]

    def settle(self, line: int, query: int, members: Members, pairs: Differences, open_: Open) -> None:
        """Puts relevance in the order of float64 differences in the runs of near rows that leave it open.

        Args:
            line: Number of the query in here.
            query: Its number among all queries.
            members: The same gallery rows.
            pairs: The rows as they were given.
            open_: Where it is: all runs are settled, or just those that matter by themselves.
        """
        keys = self.keys[line, : self.found[line]]
        here, last, over = (bool(each[line]) for each in open_)
        begin, end, relevant = self._runs(line) if over else self._runs_that_count(line, here, last)
        mixed = (relevant > 0) & (relevant < end - begin)
        begin, end = begin[mixed], end[mixed]
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
        first = np.append(True, run[order][1:] > run[order][:-1])
        order = order[np.lexsort((own[order], ties(exact[order], first, pairs.turned)))]
        places = np.concatenate([np.arange(*ends) for ends in zip(begin, end, strict=True)])
        keys[places] = (keys[places] & -2) | own[order]
        self.first[line] = (keys & 1).argmax()


def _differ(gap: Keys) -> NDArray[np.bool_]:
    """Whether one key of two is relevant and one isn't, by their difference."""
    return (gap & 1).astype(bool)


def nearest_relevant(keys: Keys) -> Integers:
    """Place of the first key with relevance in its last bit; 0 if there is none, ``(queries,)``."""
    bits = (keys[:, :_SEGMENT] & 1).astype(bool)
    place: Integers = bits.argmax(axis=1)
    rest = np.flatnonzero(~bits.any(axis=1))
    if len(rest):
        place[rest] = (keys[rest] & 1).astype(bool).argmax(axis=1)
    return place
