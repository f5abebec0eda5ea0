"""The log-loss of linear classifiers and where it is least: a quasi-Newton method on torch, on any device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

_STILL = 5e-6  # change of the objective with which the iterations end
_LOGITS = 1 << 22  # logits held at a time (16 MB)
_CURVED_ON = 4000  # rows that the curvature is taken from
_CURVATURES = 1 << 24  # numbers of it that are held at most; its diagonal alone is taken if a fold has more
_LIFT = 1e-4  # of the curvature in its units, so that it has an inverse in float32


class Penalty(NamedTuple):
    """Squares that are added to the log-loss, and the units that variables are searched in.

    Attributes:
        strength: Twice the factor of each column's squares, float32 ``(columns,)``.
        unit: In which the curvature of the objective is near one, float32 ``(columns,)``.
    """

    strength: Tensor
    unit: Tensor


class LogLoss(NamedTuple):
    """One or more multinomial regressions on the same rows, which count for each with a weight of their own.

    Of several labels a row they are as many binary regressions, whose negative log-likelihoods are summed; "classes" in
    the shapes are labels then.

    Attributes:
        rows: float32 ``(rows, columns)``.
        label: Numbers of classes, int64 ``(rows,)``; or 1 for each label that a row has, else 0, float32
            ``(labels, rows)``.
        weight: float32 ``(folds, rows)``.
    """

    rows: Tensor
    label: Tensor
    weight: Tensor

    def least(self, start: Tensor, penalty: Penalty, iterations: int) -> tuple[Tensor, float]:
        """Where the sum of the objectives is least, ``(folds, classes, columns)``, and that sum.

        By L-BFGS (Liu & Nocedal, 1989) with line searches that meet the strong Wolfe conditions, in variables in which
        the curvature of each class is one for each fold where it starts. Folds are searched together, or one by one if
        their curvatures are too many numbers to be held at once.

        Args:
            start: Float32 ``(folds, classes, columns)``.
            penalty: Of the variables.
            iterations: At most.
        """
        import torch

        numbers = start[0].numel() * start.shape[2]  # of the curvature of one fold
        if numbers <= _CURVATURES < len(start) * numbers:
            each = [self._replace(weight=one[None]) for one in self.weight]
            found = [one.least(at[None], penalty, iterations) for one, at in zip(each, start, strict=True)]
            return torch.cat([at for at, _ in found]), sum(value for _, value in found)
        factors = self._factors(start, penalty)
        scaled = _turn(factors.mT, start / penalty.unit).requires_grad_()
        inverse = _inverse(factors)
        search = torch.optim.LBFGS(
            [scaled],
            max_iter=iterations,
            tolerance_grad=0,
            tolerance_change=_STILL,
            history_size=10,
            line_search_fn="strong_wolfe",
        )

        def objective() -> Tensor:
            with torch.no_grad():
                variables = _turn(inverse.mT, scaled) * penalty.unit
                value, slope = self.value(variables, slope=True)
                scaled.grad = _turn(inverse, (slope + penalty.strength * variables) * penalty.unit)
                return value.sum() + (penalty.strength * variables.double() ** 2).sum() / 2

        search.step(objective)  # type: ignore[no-untyped-call]
        return (_turn(inverse.mT, scaled) * penalty.unit).detach(), float(objective())

    def value(self, variables: Tensor, slope: bool = False) -> tuple[Tensor, Tensor]:
        """Weighted sums of negative log-likelihoods, float64 ``(folds,)``, and their derivatives, or zeros."""
        folds, classes, _ = variables.shape
        value, slopes = self.weight.new_zeros(folds).double(), variables.new_zeros(variables.shape)
        for some in self._blocks(max(1, _LOGITS // (folds * classes))):
            rows, weight = self.rows[some], self.weight[:, some]
            # Classes before rows: on a CPU this takes a sixth of the time that rows before classes take.
            logits = (variables.flatten(0, 1) @ rows.T).view(folds, classes, -1)
            loss, off = (
                _binary(logits, self.label[:, some]) if self.label.ndim == 2 else _of_classes(logits, self.label[some])
            )
            value += (loss * weight).sum(1, dtype=value.dtype)
            if slope:
                off *= weight[:, None]
                slopes += (off.flatten(0, 1) @ rows).view_as(slopes)
        return value, slopes

    def _blocks(self, step: int) -> Iterator[slice]:
        for start in range(0, len(self.rows), step):
            yield slice(start, start + step)

    def _factors(self, variables: Tensor, penalty: Penalty) -> Tensor:
        """Lower Cholesky factors of each class's curvature at variables ``(folds, classes, columns)``, in the units.

        ``(folds, classes, columns, columns)``, each fold's of the rows that count for it: a far one among the others
        would shorten steps. If these were too many numbers, of its diagonal alone, ``(folds, classes, columns, 1)``.
        """
        import torch

        folds, classes, columns = variables.shape
        step = -(-len(self.rows) // _CURVED_ON)
        if folds > 1 and step % folds == 0:
            step += 1  # folds take turns with rows: this meets them all
        rows, weight = self.rows[::step], self.weight[:, ::step]
        logits = variables @ rows.T
        chance = logits.sigmoid() if self.label.ndim == 2 else logits.softmax(1)  # (folds, classes, rows)
        chance *= (1 - chance) * (weight / weight.sum(1, keepdim=True))[:, None]
        scaled = rows * penalty.unit
        ridge = penalty.strength * penalty.unit**2 + _LIFT
        if folds * classes * columns**2 > _CURVATURES:
            return (chance @ scaled**2 + ridge).sqrt()[..., None]
        blocks = torch.stack([(scaled.T * each) @ scaled for each in chance.flatten(0, 1)])
        factors: Tensor = torch.linalg.cholesky(blocks + torch.diag(ridge))
        return factors.view(folds, classes, columns, columns)


def _of_classes(logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Negative log-likelihood of each row ``(folds, rows)``, and its derivative by the logits, which it overwrites."""
    logs, own = logits.log_softmax(1), label.expand(len(logits), 1, -1)
    loss = -logs.gather(1, own)[:, 0]
    off = logs.exp_()
    off.scatter_(1, own, off.gather(1, own) - 1)
    return loss, off


def _binary(logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """The same of several labels a row, ``(labels, rows)``: the sum over the labels."""
    from torch.nn.functional import softplus

    return (softplus(logits) - label * logits).sum(1), logits.sigmoid() - label


def _inverse(factors: Tensor) -> Tensor:
    """Of lower triangles, or of a diagonal alone, by substitution: `inv` of several fails on MKL threads."""
    import torch

    if factors.shape[-1] == 1:
        return 1 / factors
    unit = torch.eye(factors.shape[-1], dtype=factors.dtype, device=factors.device)
    inverse: Tensor = torch.linalg.solve_triangular(factors, unit.expand_as(factors), upper=False)
    return inverse


def _turn(factors: Tensor, variables: Tensor) -> Tensor:
    """Variables ``(folds, classes, columns)`` times factors as `LogLoss` makes them, of the same shape."""
    if 1 in factors.shape[-2:]:
        return variables * factors.flatten(-2)
    return (factors @ variables[..., None])[..., 0]
