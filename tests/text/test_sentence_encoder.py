import json

import pytest

from embedbench.text.sentence_encoder import encoder_at_hand

MEAN = {"word_embedding_dimension": 8, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
CLS = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and what puts a model into it."""
    monkeypatch.delenv("EMBEDBENCH_ENCODER", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    def put(name, pooling=MEAN, without=()):
        model = tmp_path / f"models--{name.replace('/', '--')}"
        folder = model / "snapshots" / "abc123"
        (folder / "1_Pooling").mkdir(parents=True)
        (model / "refs").mkdir()
        (model / "refs" / "main").write_text("abc123", encoding="ascii")
        files = {"config.json": "{}", "model.safetensors": "", "tokenizer.json": "{}"}
        files["1_Pooling/config.json"] = json.dumps(pooling)
        for file, text in files.items():
            if file not in without:
                (folder / file).write_text(text, encoding="utf8")
        return str(folder)

    return put


def test_an_empty_cache_has_none(cache):
    assert encoder_at_hand() is None


def test_first_whole_one_is_taken_with_its_own_pooling(cache):
    cache("a/torn", without=["model.safetensors"])
    cache("b/plain-bert", without=["1_Pooling/config.json"])
    cache("c/maximum", {"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": False})
    cache("d/both", {"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": True})
    assert encoder_at_hand() is None
    second = cache("f/minilm")
    assert encoder_at_hand() == (second, "mean")
    first = cache("e/bge", CLS)
    assert encoder_at_hand() == (first, "cls")


def test_the_cache_lies_where_the_hub_has_it(cache, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    found = cache("a/minilm")
    assert encoder_at_hand() is None
    (tmp_path / "home" / "hub").symlink_to(tmp_path)
    assert encoder_at_hand() == (found.replace(str(tmp_path), str(tmp_path / "home" / "hub"), 1), "mean")


def test_the_variable_wins(cache, monkeypatch):
    cache("a/minilm")
    monkeypatch.setenv("EMBEDBENCH_ENCODER", "owner/name")
    assert encoder_at_hand() == ("owner/name", "mean")
    monkeypatch.setenv("EMBEDBENCH_ENCODER", cache("z/bge", CLS))
    assert encoder_at_hand()[1] == "cls"
