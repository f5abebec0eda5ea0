"""Real targets at any offset and scale."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from embedbench.data.labels.targets import mean_and_sd
from embedbench.data.tables.table import Table


@pytest.mark.parametrize("unit", [1.0, 1e-300, 1e-160, 1e160, 1e300])
@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_mean_and_deviation_are_those_of_exact_arithmetic(unit, offset):
    values = (np.random.default_rng(0).normal(size=40) + offset) * unit
    exact = [Fraction(value) for value in values.tolist()]
    mean = sum(exact) / 40
    scaled = [(value - mean) / Fraction(unit) for value in exact]
    sd = float(sum(value**2 for value in scaled) / 40) ** 0.5 * unit
    found = mean_and_sd(values)
    assert found[0] == pytest.approx(float(mean), rel=1e-12, abs=1e-12 * unit)
    assert found[1] == pytest.approx(sd, rel=1e-7)


def test_what_does_not_vary_has_deviation_one():
    assert mean_and_sd(np.full(3, 0.1)) == (0.1, 1.0)
    assert mean_and_sd(np.zeros(3)) == (0.0, 1.0)


@pytest.mark.parametrize("change", [lambda t: t + 1e7, lambda t: t * 1e-300, lambda t: t * 1e300])
def test_models_are_given_the_same_numbers_at_any_offset_and_scale(change, tmp_path):
    rng = np.random.default_rng(0)
    t = rng.normal(size=80)
    given = {}
    for name, label in {"plain": t, "other": change(t)}.items():
        pd.DataFrame({"a": rng.normal(size=80), "t": label}).to_parquet(tmp_path / f"{name}.parquet")
        data = Table(tmp_path / f"{name}.parquet", label="t", batch_size=100)
        assert data.targets("train").dtype == torch.float64
        assert set(data.targets("test").tolist()) < set(label.tolist())
        given[name] = data.some("train", torch.arange(data.rows["train"]))[0].label
    train = given["plain"]
    assert train.dtype == torch.float32
    assert (float(train.mean()), float(train.std(correction=0))) == pytest.approx((0, 1), abs=1e-6)
    np.testing.assert_allclose(given["other"], train, atol=1e-6)
