"""What a run used, and who goes first."""

import resource

import pytest

from embedbench.request.resolve import resolve
from embedbench.run.fitting import make_embedder
from embedbench.run.resources import is_first, resources


def test_resources_of_this_process(request_of):
    parts = resolve(request_of("autoencoder"))
    model = parts.make_model(parts.data.spec)
    found = resources(make_embedder({"accelerator": "cpu", "devices": 1}), model)
    assert found["parameters"] == sum(p.numel() for p in model.parameters())
    inner = sum(p.numel() for name, p in model.named_parameters() if name.startswith("encoder."))
    assert 0 < found["encoder_parameters"] == inner < found["parameters"]
    assert found["peak_memory_bytes"] == pytest.approx(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    assert found["peak_memory_bytes"] > 50e6
    assert (found["devices"], found["world_size"], found["accelerator"]) == (1, 1, "cpu")
    assert found["peak_gpu_memory_bytes"] is None


def test_first_process(monkeypatch):
    assert is_first()
    monkeypatch.setenv("NODE_RANK", "1")
    assert not is_first()
