"""Models that compute in float64 run on the CPU where Lightning would take Apple's MPS, which has none."""

from types import SimpleNamespace

import pytest
from lightning.pytorch.accelerators import MPSAccelerator

from embedbench.paradigms.baseline.raw import Raw
from embedbench.request.resolve import resolve
from embedbench.run.devices import settings_for
from embedbench.run.fitting import make_trainer
from embedbench.types import DataSpec

IN_FLOAT64 = ["pca", "factor_analysis", "kmeans", "gaussian_mixture", "dec", "vae", "masked_image", "ppmi_svd"]
OTHERS = ["autoencoder", "contrastive", "supervised", "random"]
SPEC = DataSpec("image", (1, 8, 8), 270, "none")


@pytest.fixture
def accelerator(monkeypatch, tmp_path):
    """What a fit asks Lightning for, on a machine with MPS."""
    asked = []

    def trainer(**settings):
        asked.append(settings["accelerator"])
        return SimpleNamespace(strategy=SimpleNamespace(launcher=None))

    monkeypatch.setattr(MPSAccelerator, "is_available", staticmethod(lambda: True))
    monkeypatch.setattr("embedbench.run.fitting.Trainer", trainer)
    return lambda settings, model: make_trainer(settings, model, tmp_path) and asked[-1]


def built(request):
    parts = resolve(request)
    return parts.make_model(parts.data.spec)


@pytest.mark.parametrize("name", [*IN_FLOAT64, "skip_gram", "neighbor_embedding"])
def test_they_run_on_the_cpu(name, request_for, accelerator):
    model = built(request_for(name))
    for asked in ("auto", "gpu", "mps", MPSAccelerator()):
        settings = {"accelerator": asked, "devices": "auto"}
        assert settings_for(settings, model) == {"accelerator": "cpu", "devices": 1}
        assert accelerator(settings, model) == "cpu"
    assert accelerator({"accelerator": "cuda"}, model) == "cuda"


@pytest.mark.parametrize("name", OTHERS)
def test_others_run_where_lightning_says(name, request_for, accelerator):
    assert accelerator({"accelerator": "auto"}, built(request_for(name))) == "auto"


def test_elsewhere_nothing_changes(request_for):
    settings = {"accelerator": "auto", "devices": "auto"}
    assert settings_for(settings, built(request_for("pca"))) is settings
    assert settings_for({}, Raw(SPEC)) == {}
