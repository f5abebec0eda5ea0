"""Pairs that are drawn stand for all pairs; those that aren't are all pairs."""

import pytest
import torch

from embedbench.paradigms.relational.pairs import Neighborhoods, Partners, neighborhoods, some
from embedbench.types import Batch

ROWS, K = 24, 4
X = torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(0)).double()
TABLE = torch.cdist(X, X)
EVERYONE = torch.arange(ROWS)
LANDMARKS = torch.tensor([1, 2, 5, 7, 11, 13, 17, 22])


def batch(index):
    return Batch(X[index], None, index)


def among(table=TABLE):
    near = neighborhoods(Partners(X, EVERYONE, TABLE), K)
    return Neighborhoods(Partners(X, EVERYONE, table), near.near, near.distance)


def landmarks():
    return neighborhoods(Partners(X[LANDMARKS], LANDMARKS, TABLE[:, LANDMARKS]), K)


def test_nearest_partners_leave_the_row_itself_out():
    found = among()
    wanted = (TABLE + torch.diag(torch.full((ROWS,), torch.inf))).sort(1)
    torch.testing.assert_close(found.near, wanted.indices[:, :K])
    torch.testing.assert_close(found.distance, wanted.values[:, :K])
    own = torch.where(EVERYONE[:, None] == LANDMARKS, torch.inf, TABLE[:, LANDMARKS])
    torch.testing.assert_close(landmarks().distance, own.sort(1).values[:, :K])


@pytest.mark.parametrize("function", [torch.ones_like, torch.square, lambda d: 1 / (d + 0.1)])
@pytest.mark.parametrize("made", [among, landmarks])
def test_weighted_sums_over_drawn_pairs_are_unbiased(made, function):
    torch.manual_seed(0)
    found = made()
    numbers = found.partners.number
    others = numbers != EVERYONE[:, None]
    wanted = float(function(TABLE[:, numbers][others]).mean())
    sums = []
    for _ in range(4000):
        pairs = found.drawn(batch(torch.randperm(ROWS)[:6]))
        sums.append(float((pairs.weight * function(pairs.distance)).sum()))
    drawn = torch.tensor(sums)
    assert float(drawn.mean()) == pytest.approx(wanted, abs=4 * float(drawn.std()) / len(drawn) ** 0.5)


@pytest.mark.parametrize("made", [among, landmarks])
def test_distances_are_those_of_the_rows_beside_them(made):
    torch.manual_seed(1)
    index = torch.tensor([3, 9, 20, 4, 11])
    pairs = made().drawn(batch(index))
    wide, near = pairs.distance[:-5].view(5, -1), pairs.distance[-5:]
    torch.testing.assert_close(wide, torch.cdist(X[index], X[index] if pairs.x is None else pairs.x))
    torch.testing.assert_close(near, (X[index] - pairs.near).norm(dim=1))


def test_measured_and_known_distances_draw_alike():
    def drawn(table):
        torch.manual_seed(2)
        return among(table).drawn(batch(torch.tensor([3, 9, 20, 4])))

    measured, known = drawn(None), drawn(TABLE)
    torch.testing.assert_close(measured.distance, known.distance)
    torch.testing.assert_close(measured.weight, known.weight)


def test_near_rows_are_met_once():
    """Not in the batch as well: they would count twice."""
    index = torch.cat([torch.tensor([0]), among().near[0]])
    pairs = among().drawn(batch(index))
    assert pairs.weight[: len(index)].tolist() == [0] * len(index)


def test_a_batch_of_all_rows_holds_all_pairs_and_nothing_is_drawn():
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(3))
    pairs = among().drawn(batch(order))
    assert pairs.x is None
    assert pairs.near is None
    torch.testing.assert_close(pairs.distance.view(ROWS, ROWS), TABLE[order][:, order])
    assert float((pairs.weight * pairs.distance).sum()) == pytest.approx(float(torch.pdist(X).mean()))


@pytest.mark.parametrize("size", [8, 10])
def test_as_many_rows_as_landmarks_meet_all_of_these(size):
    pairs = landmarks().drawn(batch(torch.arange(24 - size, 24)))
    assert pairs.near is None
    assert torch.equal(pairs.x, X[LANDMARKS])
    torch.testing.assert_close(pairs.distance.view(size, -1), TABLE[-size:][:, LANDMARKS])


def test_rows_of_another_split_are_all_met():
    partners = Partners(X[:3], torch.full((3,), -1), TABLE[:, :3])
    pairs = partners.every(batch(torch.tensor([0, 8])))
    assert pairs.weight.tolist() == pytest.approx([1 / 6] * 6)
    assert torch.equal(pairs.distance, TABLE[[0, 8], :3].flatten())


def test_a_single_row_meets_its_neighbour_alone():
    pairs = among().drawn(batch(torch.tensor([5])))
    assert pairs.weight.tolist() == [0, pytest.approx(K / (ROWS - 1))]


def test_scale_is_a_mean_distance_and_never_zero():
    assert Partners(X, EVERYONE, TABLE).scale() == pytest.approx(float(TABLE.mean()))
    assert Partners(X, EVERYONE).scale() == pytest.approx(float(TABLE.mean()))
    assert Partners(torch.ones(4, 2), torch.arange(4)).scale() == 1


def test_some_rows_are_the_same_ones_each_time():
    assert torch.equal(some(1000, 20), some(1000, 20))
    assert some(7, 20).tolist() == list(range(7))
    assert len(some(1000, 20).unique()) == 20
