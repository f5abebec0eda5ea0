"""What a comparison finds of its data before anything is fitted."""

import numpy as np
import pytest

from embedbench.catalog import names
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import UsageError
from embedbench.request.request import build_request
from embedbench.sweep.candidates import ANY, KINDS, Candidates
from embedbench.sweep.first_lines import left_out
from embedbench.sweep.points import load_grid
from embedbench.sweep.survey import survey

RNG = np.random.default_rng(0)


@pytest.fixture
def found(monkeypatch):
    """Surveys data for the shipped candidates: the facts, the reasons by model, and how often the data were loaded."""
    loads, real = [], EmbeddingDataModule._source
    monkeypatch.setattr(EmbeddingDataModule, "_source", lambda self: loads.append(1) or real(self))

    def look(*words):
        kinds = [ANY, *(kind for kind in KINDS if f"compare_{kind}" in names("sweeps"))]
        models = {kind: load_grid(f"compare_{kind}" if kind else "compare")["model"] for kind in kinds}
        by_kind = {kind: [build_request(["--model", model, *words]) for model in models[kind]] for kind in kinds}
        told = survey(Candidates(by_kind))
        chosen = models.get(told.facts.kind, models[ANY])
        return told.facts, dict(zip(chosen, told.refusals, strict=True)), len(loads)

    return look


def test_images_with_labels_take_all(found):
    facts, why, loads = found("--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60")
    assert set(why.values()) == {None}
    assert (facts.kind, facts.shape, facts.target) == ("image", (1, 8, 8), "classes")
    assert sum(facts.classes.values()) == sum(facts.rows.values()) == 360
    assert loads == 1


def test_texts_have_candidates_of_their_own(found, tmp_path):
    (tmp_path / "mails.csv").write_text(
        "text\n" + "".join(f"please send offer {n % 7} for {'red' if n % 2 else 'blue'} roofs\n" for n in range(60)),
        encoding="utf8",
    )
    facts, why, loads = found("--data", "text", "--data.path", str(tmp_path / "mails.csv"))
    assert (facts.kind, facts.shape, facts.target, facts.copies) == ("text", (), "none", 46)
    assert {"tfidf_svd", "ppmi_svd", "skip_gram", "masked_language"} <= set(why)
    assert why["masked_language"] is None
    assert "needs class labels" in why["supervised_contrastive"]
    assert loads == 1


def test_given_distances_have_candidates_of_their_own(found, tmp_path):
    x = RNG.normal(size=(60, 3))
    np.savez(tmp_path / "d.npz", distance=np.linalg.norm(x[:, None] - x, axis=2).astype(np.float32))
    facts, why, _ = found("--data", "relations", "--data.path", str(tmp_path / "d.npz"))
    assert facts.kind == "relations"
    assert why["distance_preserving"] is why["topological"] is None
    assert "needs class labels" in why["supervised"]


def test_real_targets_take_what_takes_them(found, tmp_path):
    rows = [f"{a:.3f},{b:.3f},{a + b:.4f}" for a, b in RNG.normal(size=(80, 2))]
    (tmp_path / "real.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf8")
    facts, why, _ = found("--data", "table", "--data.path", str(tmp_path / "real.csv"), "--data.label", "y")
    assert (facts.target, facts.classes) == ("real", {})
    assert why["supervised"] is None
    assert "needs class labels" in why["supervised_contrastive"]


def test_what_is_too_large_is_left_out_and_said(found, tmp_path, monkeypatch):
    np.savez(tmp_path / "wide.npz", x=RNG.normal(size=(60, 3000)).astype(np.float32))  # 43 train rows: 1 MB of float64
    monkeypatch.setattr("embedbench.memory.memory", lambda: 2_000_000)
    _, why, _ = found("--data", "arrays", "--data.path", str(tmp_path / "wide.npz"))
    heavy = {model: reason for model, reason in why.items() if reason and "memory" in reason}
    assert heavy.keys() == {"pca", "factor_analysis"}
    assert left_out(heavy) == ["left out: pca, factor_analysis (the fit needs 0.0 GB of memory, and there are 0.0 GB)"]
    assert why["raw"] is why["autoencoder"] is None


def test_bad_data_are_refused_once(found, tmp_path):
    (tmp_path / "one.csv").write_text("a,y\n" + "1,x\n2,x\n3,x\n" * 9, encoding="utf8")
    with pytest.raises(UsageError, match="the train rows hold one class only"):
        found("--data", "table", "--data.path", str(tmp_path / "one.csv"), "--data.label", "y")


def test_argument_that_only_some_take_keeps_out_the_others(found):
    _, why, _ = found("--data", "wine", "--model.latent_dim", "3")
    assert why["pca"] is None
    assert "latent_dim" in why["raw"]
