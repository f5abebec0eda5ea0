"""`embedbench compare` on data of users' own: which models run, what is left out and why, and that none fails."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.slow

FEW = ("--seeds", "1", "--trainer.max_steps", "2", "--suite.metrics", "[probe, clustering, retrieval, geometry]")


def table(path, x, label):
    rows = [",".join([*(f"{value:.4f}" for value in row), str(one)]) for row, one in zip(x, label, strict=True)]
    head = ",".join([*(f"c{number}" for number in range(x.shape[1])), "y"])
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf8")


def mails(folder):
    words = ["roof", "blue", "offer", "invoice", "parcel", "order", "house", "tile", "garden", "window"]
    texts = [" ".join(np.random.default_rng(number).choice(words, 6)) for number in range(60)]
    (folder / "mails.csv").write_text("\n".join(["text", *texts]), encoding="utf8")


@pytest.fixture
def compared(tmp_path, command, no_encoder):
    """Compares without naming models: the models that ran, and the lines that say what was left out."""

    def compare(*words):
        ended = command(tmp_path, "compare", *FEW, *words)
        assert ended.code == 0, ended.err
        found = [json.loads(path.read_text(encoding="utf8")) for path in tmp_path.glob("runs/*/result.json")]
        assert {result["status"] for result in found} == {"finished"}
        lines = [line.removeprefix("embedbench: ") for line in ended.err.splitlines()]
        return {result["model"] for result in found}, [line for line in lines if line.startswith("left out: ")], lines

    return compare


def test_wide_and_short_with_one_member_classes(compared, tmp_path):
    rng = np.random.default_rng(0)
    table(tmp_path / "wide.csv", rng.normal(size=(24, 60)), ["a"] * 14 + [f"rare{n}" for n in range(10)])
    models, out, lines = compared("--data", "table", "--data.path", tmp_path / "wide.csv", "--data.label", "y")
    assert len(models) == 13
    assert out == []
    assert any("11 classes (a 14, rare0 1" in line for line in lines)
    assert "note: 10 classes have a single row, such as 'rare0', 'rare1', 'rare2'" in lines


def test_mails_without_labels(compared, tmp_path):
    mails(tmp_path)
    models, out, _ = compared("--data", "text", "--data.path", tmp_path / "mails.csv")
    assert models == {"tfidf_svd", "ppmi_svd", "skip_gram", "masked_language", "contrastive"}
    assert [line.partition(" (")[0] for line in out] == [
        "left out: label_oracle, majority, supervised",
        "left out: supervised_contrastive",
        "left out: pretrained",
    ]


def test_texts_are_embedded_by_the_encoder_at_hand(compared, tmp_path, tiny_bert, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_ENCODER", str(tiny_bert))
    mails(tmp_path)
    models, out, lines = compared("--data", "text", "--data.path", tmp_path / "mails.csv")
    assert models == {"tfidf_svd", "ppmi_svd", "skip_gram", "masked_language", "contrastive", "pretrained"}
    assert f"pretrained is {tiny_bert}, its vectors by mean" in lines
    assert not any("pretrained" in line for line in out)


def test_an_encoder_that_cannot_be_loaded_is_left_out(compared, tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_ENCODER", str(tmp_path))
    mails(tmp_path)
    models, out, _ = compared("--data", "text", "--data.path", tmp_path / "mails.csv")
    assert "pretrained" not in models
    assert [line for line in out if line.startswith("left out: pretrained (cannot load the tokenizer")]


def test_long_and_narrow_with_a_real_target(compared, tmp_path):
    x = np.random.default_rng(0).normal(size=(400, 2))
    table(tmp_path / "narrow.csv", x, [f"{value:.3f}" for value in x.sum(1)])
    models, out, _ = compared("--data", "table", "--data.path", tmp_path / "narrow.csv", "--data.label", "y")
    assert {"factor_analysis", "supervised", "dec"} < models
    assert [line.partition(" (")[0] for line in out] == ["left out: supervised_contrastive"]
