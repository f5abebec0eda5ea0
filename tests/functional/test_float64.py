"""What is float64 elsewhere comes in float32 to a device that has no float64, and is computed on the CPU."""

import torch

from embedbench.functional import float64
from embedbench.functional.float64 import brought_to, lacks_float64, where_float64_is
from embedbench.functional.noise import row_noise, row_uniform

CPU, MPS = torch.device("cpu"), torch.device("mps")


def test_only_mps_lacks_float64():
    assert lacks_float64(MPS)
    assert not any(lacks_float64(torch.device(name)) for name in ("cpu", "cuda", "meta"))


def test_elsewhere_tensors_stay_as_they_are():
    x = torch.rand(3, dtype=torch.float64)
    assert where_float64_is(x) is x
    assert brought_to(x, CPU) is x


def test_noise_is_the_same_in_less_precision(monkeypatch):
    index = torch.tensor([4, 0, 9])
    exact = {draw: draw(index, range(2), 5, seed=3) for draw in (row_noise, row_uniform)}
    monkeypatch.setattr(float64, "lacks_float64", lambda device: True)
    for draw, wanted in exact.items():
        found = draw(index, range(2), 5, seed=3)
        assert wanted.dtype == torch.float64
        assert found.dtype == torch.float32
        assert torch.equal(found, wanted.float())
