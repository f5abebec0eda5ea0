"""What many tests need: small data, and a cache and a trainer that keep their files in temporary folders."""

import atexit
import errno
import json
import os
import shutil
import tempfile
import zlib
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # what is not there is refused at once
os.environ.setdefault("WANDB_MODE", "disabled")
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
os.environ["EMBEDBENCH_CACHE"] = tempfile.mkdtemp(prefix="embedbench-cache-")
atexit.register(shutil.rmtree, os.environ["EMBEDBENCH_CACHE"], ignore_errors=True)

import numpy as np
import pytest
import torch
from order import longest_first
from tokenizers import Tokenizer

from embedbench.errors import UsageError
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.saved import save_weights
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.text.vocabulary import learn_pieces
from embedbench.types import DataSpec

DEFINITIONS = ("--data", "wordnet5k", "--data.train_rows", "1200", "--data.test_rows", "60")
DIGITS = ("--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60")
WINE = ("--data", "wine")


def pytest_configure(config):
    config.option.loadscopereorder = False  # xdist's own order is by the number of tests


def pytest_collection_modifyitems(items):
    longest_first(items, Path(__file__).parent)


@pytest.fixture(autouse=True)
def own_numbers(request, monkeypatch):
    """A generator of its own for each test whose file has one, so that none depends on which tests ran before it."""
    if isinstance(getattr(request.module, "RNG", None), np.random.Generator):
        seed = zlib.crc32(request.node.name.encode())
        monkeypatch.setattr(request.module, "RNG", np.random.default_rng(seed))


@pytest.fixture(autouse=True)
def no_width(monkeypatch):
    """Tables as wide as where nothing says how wide: some runners of tests tell their workers."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def forbidden(monkeypatch):
    """Makes a file or folder one that this process may not look into, as root may into any."""

    def forbid(closed, *names):
        for name in names or ("open", "stat"):
            real = getattr(Path, name)

            def refuse(path, *args, real=real, **kwargs):
                if path.absolute().is_relative_to(closed):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
                return real(path, *args, **kwargs)

            monkeypatch.setattr(Path, name, refuse)

    return forbid


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory):
    """A folder as `save_pretrained` writes it: a small BERT with random weights and its tokenizer."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny") / "bert"
    texts = ["small songbird of northern America", "a hydraulic brake for a wheel", "state of being unable"]
    content = json.loads(learn_pieces(texts, 320, 32))["tokenizer"]
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]", "model_max_length": 32}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(content)), **roles)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes, max_position_embeddings=32)).save_pretrained(folder)
    return folder


def _takes(words):
    parts = resolve(build_request(words))
    try:
        return bool(parts.make_model(parts.data.spec))
    except UsageError:
        return False


@pytest.fixture
def small_digits():
    """Digits as arguments of a run, with a budget of a few steps."""
    return [*DIGITS, "--trainer.max_steps", "4"]


@pytest.fixture
def request_of(small_digits):
    """A request for a model on the small digits."""
    return lambda model, *more: build_request(["--model", model, *small_digits, "--threads", "1", *more])


@pytest.fixture(scope="session")
def raw_digits(tmp_path_factory):
    """A folder as a run of `raw` on digits leaves it, to be built upon."""
    folder = tmp_path_factory.mktemp("raw_digits")
    save_weights(folder, Raw(DataSpec("image", (1, 8, 8), 1294, "none")))
    (folder / "config.yaml").write_text("model: {class_path: embedbench.paradigms.baseline.raw.Raw}\n", encoding="utf8")
    return folder


@pytest.fixture(scope="session")
def fitting(tiny_bert, raw_digits):
    """Arguments that name a model, what it can't do without, and the first of some data sets that it takes.

    Unless told which: images, a table, texts.
    """
    needs = {
        "pretrained": ("--model.path", str(tiny_bert)),
        "relational_distillation": ("--model.teacher", str(raw_digits)),
    }

    def find(model, *given):
        words = ("--model", model, *needs.get(model, ()))
        return [*words, *next(data for data in given or (DIGITS, WINE, DEFINITIONS) if _takes([*words, *data]))]

    return find


@pytest.fixture
def request_for(fitting):
    """A request for a model on small data that it takes, with a budget of a few steps."""
    few = ("--threads", "1", "--trainer.max_steps", "4")
    return lambda model, *more: build_request([*fitting(model), *few, *more])


@pytest.fixture
def blobs(tmp_path):
    """A CSV of three separable classes: 120 rows, 4 columns and a label column ``y``."""
    rng = np.random.default_rng(0)
    label = np.arange(120) % 3
    x = rng.normal(size=(120, 4)) + 4 * np.eye(3, 4)[label]
    lines = ["a,b,c,d,y"] + [",".join([*(f"{v:.6f}" for v in row), "xyz"[k]]) for row, k in zip(x, label, strict=True)]
    path = tmp_path / "blobs.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path
