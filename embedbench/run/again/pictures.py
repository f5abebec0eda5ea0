"""Pictures of a generative run: what its latent space means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedbench.errors import UsageError
from embedbench.figures.canvas import check_library
from embedbench.figures.density import joint_view, posterior_view
from embedbench.figures.histogram import joint
from embedbench.figures.loadings import loadings_view
from embedbench.figures.mosaic import Tile, mosaic
from embedbench.paradigms.generative.generator import Generative
from embedbench.paradigms.generative.linear_decoder import LinearGaussian
from embedbench.run.again.reuse import reuse
from embedbench.run.quiet import quiet_lightning
from embedbench.types import DataSpec, Split

_ACTIVE = 0.01  # variance of the posterior mean above which a coordinate is used (Burda et al., 2016)
_MOST_BINS = 500  # of a coordinate: no picture shows more
_STEPS, _MOST_PANELS, _BATCH = 9, 9, 512


class Wanted(NamedTuple):
    """What is to be drawn.

    Attributes:
        rows: Rows of the split to reconstruct, and pictures in a line of samples.
        seed: Of the draws.
        split: Whose rows.
        joint: Two coordinates such as ("z0", "x12"); the two most active if not given.
        given: Value of the first at which the second's conditional is taken; the median if not given.
        bins: Of each coordinate, 2 to 500.
    """

    rows: int
    seed: int
    split: Split
    joint: tuple[str, str] | None
    given: float | None
    bins: int


class _Seen(NamedTuple):
    """A model, some rows and what it makes of them, on the CPU."""

    model: Generative
    spec: DataSpec
    x: Tensor
    label: Tensor | None
    mean: Tensor
    log_var: Tensor
    active: list[int]


@quiet_lightning()
def pictures(folder: Path, args: list[str], wanted: Wanted) -> dict[str, bytes]:
    """PNG files by name, of the run in ``folder``.

    Args:
        folder: Of a finished run.
        args: Arguments of other data, as of ``run``.
        wanted: What to draw.

    Raises:
        UsageError: If the run's model isn't generative, or a number or coordinate is out of range.
    """
    check_library()
    reused = reuse(folder, args)
    model, data = reused.model, reused.parts.data
    if not isinstance(model, Generative):
        raise UsageError(
            f"the model {reused.parts.config['model_name']} of {folder} is not generative: it has no p(x|z) to sample "
            "or traverse; give a run of a model that has, such as vae or ppca."
        )
    x, label = data.tensors(wanted.split)
    if not (1 <= wanted.rows <= len(x) and 2 <= wanted.bins <= _MOST_BINS):
        raise UsageError(
            f"--rows must be in [1, {len(x)}] and --bins in [2, {_MOST_BINS}], got {wanted.rows} and {wanted.bins}; "
            "change them."
        )
    model.eval()
    with torch.inference_mode():
        parts = [model.posterior(chunk) for chunk in torch.split(x, _BATCH)]
        mean, log_var = (torch.cat(part).float() for part in zip(*parts, strict=True))
        variance = mean.var(0, correction=0)
        order = variance.argsort(descending=True, stable=True).tolist()
        active = [i for i in order if variance[i] > _ACTIVE]
        return _draw(_Seen(model, data.spec, x, label, mean, log_var, active), wanted)


def _draw(seen: _Seen, wanted: Wanted) -> dict[str, bytes]:
    image = seen.spec.modality == "image"
    low, high = (seen.spec.low, seen.spec.high) if image else (-3.0, 3.0)
    look = Tile(seen.spec.shape, low, high, signed=not image)
    generator = torch.Generator().manual_seed(wanted.seed)
    files = {"density.png": _density(seen, wanted)}  # first, since it may be refused
    prior = seen.model.sample_prior(len(seen.x), generator)
    drawn = seen.mean + (0.5 * seen.log_var).exp() * torch.randn(seen.mean.shape, generator=generator)
    shown = seen.active[:_MOST_PANELS] or [0]
    files["posterior.png"] = posterior_view(drawn[:, shown].numpy(), prior[:, shown].numpy(), _names(shown))
    n = wanted.rows
    samples = seen.model.decode(seen.model.sample_prior(n * n if image else n, generator))
    samples = samples.view(-1, n, *seen.spec.shape)
    files["samples.png"] = mosaic(samples.numpy(), look, "decoded draws from the prior", [""] * len(samples))
    both = torch.stack([seen.x[:n], seen.model.decode(seen.mean[:n])])
    files["reconstructions.png"] = mosaic(both.numpy(), look, "rows and their reconstructions", ["row", "decoded"])
    files["traversals.png"] = _traversals(seen, look)
    files["interpolation.png"] = _interpolation(seen, look)
    if isinstance(seen.model, LinearGaussian):
        loadings = seen.model.linear.loadings.float().numpy()
        files["loadings.png"] = loadings_view(loadings, seen.spec.shape, _names(list(range(len(loadings)))))
    return files


def _traversals(seen: _Seen, look: Tile) -> bytes:
    """Each active coordinate moved by three standard deviations around its mean, the others as of the first row."""
    lines = seen.active or [0]
    steps = torch.linspace(-3, 3, _STEPS)
    z = seen.mean[:1].repeat(len(lines), _STEPS, 1)  # (lines, steps, dim)
    for line, i in enumerate(lines):
        z[line, :, i] = seen.mean[:, i].mean() + steps * seen.mean[:, i].std()
    decoded = seen.model.decode(z.flatten(0, 1)).view(len(lines), _STEPS, *seen.spec.shape)
    title = "each active coordinate moved, the others kept"
    return mosaic(decoded.numpy(), look, title, _names(lines), [f"{step:+.1f} sd" for step in steps.tolist()])


def _interpolation(seen: _Seen, look: Tile) -> bytes:
    """On the straight line from the first row to the first of another class, if there is one, else to the last."""
    other = len(seen.x) - 1
    if seen.spec.target == "classes" and seen.label is not None:
        differing = (seen.label != seen.label[0]).nonzero()
        other = int(differing[0]) if len(differing) else other
    share = torch.linspace(0, 1, _STEPS)[:, None]
    decoded = seen.model.decode((1 - share) * seen.mean[0] + share * seen.mean[other])
    title = f"between row 0 and row {other}"
    return mosaic(decoded[None].numpy(), look, title, [""], [f"{part:.2f}" for part in share[:, 0].tolist()])


def _density(seen: _Seen, wanted: Wanted) -> bytes:
    names = wanted.joint or _default_joint(seen)
    first, second = (_coordinate(seen, name) for name in names)
    given = float(np.median(first)) if wanted.given is None else wanted.given
    counted = joint(first, second, wanted.bins)
    if wanted.given is None and not counted.counts[np.searchsorted(counted.first, given, side="right") - 1].sum():
        given = float(first[np.abs(first - given).argmin()])  # the median of an even number may fall between rows
    return joint_view(counted, names, given)


def _default_joint(seen: _Seen) -> tuple[str, str]:
    by_variance = seen.mean.var(0).argsort(descending=True, stable=True).tolist()
    if len(by_variance) > 1:
        return f"z{by_variance[0]}", f"z{by_variance[1]}"
    return "z0", f"x{int(seen.x.flatten(1).var(0).argmax())}"


def _coordinate(seen: _Seen, name: str) -> NDArray[np.float32]:
    """One column of x or of the posterior mean, ``(rows,)``."""
    spaces = {"x": seen.x.flatten(1), "z": seen.mean}
    found = re.fullmatch(r"([xz])(\d+)", name)
    if found is None or int(found[2]) >= spaces[found[1]].shape[1]:
        most = {key: space.shape[1] - 1 for key, space in spaces.items()}
        raise UsageError(f"--joint names no coordinate {name!r}; there are z0 to z{most['z']} and x0 to x{most['x']}.")
    column: NDArray[np.float32] = spaces[found[1]][:, int(found[2])].numpy()
    return column


def _names(coordinates: list[int]) -> list[str]:
    return [f"z{i}" for i in coordinates]
