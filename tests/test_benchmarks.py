"""Every script of `benchmarks/` runs: small, without its bounds, but both sides agree."""

import ast
import gzip
import importlib
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from warm import ended

from embedbench.data.images.fashion_mnist import DEBIAN

ROOT = Path(__file__).parents[1]
SOURCES = {path.stem: path.read_text(encoding="utf8") for path in sorted((ROOT / "benchmarks").glob("*.py"))}
DEFINITIONS = ROOT / "embedbench" / "data" / "texts" / "files" / "wordnet5k.tsv.gz"
# Folders of libraries that can't be installed beside the package, such as pythae.
PEERS = list(filter(None, os.environ.get("EMBEDBENCH_PEERS", "").split(os.pathsep)))


def started(name):
    """The scripts that one starts by their name."""
    return {other for other in SOURCES if other != name and f'"{other}.py"' in SOURCES[name]}


PARTS = {part for name in SOURCES for part in started(name)}
SCRIPTS = [name for name, text in SOURCES.items() if "__main__" in text and name not in PARTS]


def missing(name):
    """What a script and its parts need that isn't here."""
    found = set()
    for text in (SOURCES[one] for one in (name, *started(name))):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module)
    tops = {module.partition(".")[0] for module in found} - SOURCES.keys() - sys.stdlib_module_names
    lacking = sorted(top for top in tops if PathFinder.find_spec(top, [*PEERS, *sys.path]) is None)
    return lacking + (["dataset-fashion-mnist"] if "fashion_mnist" in SOURCES[name] and not DEBIAN.is_dir() else [])


def write_texts(folder):
    """The folders that `word_corpus.py` reads, of WordNet's definitions; its arguments."""
    lines = gzip.decompress(DEFINITIONS.read_bytes()).decode().splitlines()
    texts = [line.rpartition("\t")[2] for line in lines if line[:1] != "#"]
    tables = folder / "orange" / "orangecontrib" / "text" / "datasets"
    wordnet = folder / "wordnet" / "usr" / "share" / "wordnet"
    for one in (tables, folder / "brown", wordnet):
        one.mkdir(parents=True)
    for number, name in enumerate(("20newsgroups-train", "20newsgroups-test", "reuters-r8-train", "reuters-r8-test")):
        rows = "".join(f"kind\t{text}\n" for text in texts[number * 20 : number * 20 + 20])
        (tables / f"{name}.tab").write_text(f"class\ttext\nd\tstring\nclass\tmeta\n{rows}", encoding="utf8")
    tagged = "\n\n".join(" ".join(f"{word}/nn" for word in text.split()) for text in texts[80:100])
    (folder / "brown" / "ca01").write_text(tagged, encoding="latin1", errors="replace")
    for number, part in enumerate(("noun", "verb", "adj", "adv")):
        said = "".join(f'0 03 n 01 word | {text}; "an example"\n' for text in texts[100 + number :: 4])
        (wordnet / f"data.{part}").write_text(f"  1 a licence\n{said}", encoding="latin1", errors="replace")
    return [word for one in ("orange", "brown", "wordnet") for word in (f"--{one}", folder / one)]


def run(name, folder, *words):
    """Runs a script in a folder, where alone it may write."""
    (folder / "tmp").mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT), *PEERS])
    env = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder / "tmp"), "OMP_NUM_THREADS": "1"}
    done = ended([ROOT / "benchmarks" / f"{name}.py", *words], folder, env, timeout=600, spares=6)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert not list((folder / "tmp").iterdir())
    return done


def refuse(constant):
    raise AssertionError(f"{constant} in a report")


def corpus(folder):
    """A corpus as `word_corpus.py` writes it."""
    run("word_corpus", folder, *write_texts(folder), "--output", folder / "corpus.npz")
    return folder / "corpus.npz"


# Scripts that read files have small ones written; those that make other files than a report have tests of their own.
GIVEN = {"word_vectors": lambda folder: ["--corpus", corpus(folder)]}
MAKERS = ("letter", "word_corpus")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in MAKERS])
def test_a_benchmark_runs_small(name, tmp_path):
    if lacking := missing(name):
        pytest.skip(f"needs {', '.join(lacking)}")
    before = sorted((ROOT / "benchmarks").glob("results/*"))
    given = GIVEN.get(name, lambda folder: [])(tmp_path)
    run(name, tmp_path, *given, "--tiny", "--output", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf8"), parse_constant=refuse)
    assert isinstance(report["broken"], list)
    assert {"cores", "load_at_start", "load_at_end"} < report.keys()
    assert len(report) > 6
    assert sorted((ROOT / "benchmarks").glob("results/*")) == before


@pytest.mark.slow
def test_the_corpus_of_words_holds_words_by_their_frequency(tmp_path):
    with np.load(corpus(tmp_path)) as made:
        tokens, offsets, words = made["tokens"], made["offsets"], made["words"]
    counts = np.bincount(tokens, minlength=len(words))
    assert (np.diff(counts) <= 0).all()
    assert counts.min() >= 5
    assert offsets[-1] == len(tokens)
    assert "licence" not in words  # of WordNet's files
    assert "nn" not in words  # of Brown's tags
    assert "example" not in words or counts[words.tolist().index("example")] < 1000  # of definitions


@pytest.mark.slow
def test_letters_become_a_table(tmp_path, monkeypatch):
    if lacking := missing("letter"):
        pytest.skip(f"needs {', '.join(lacking)}")
    for folder in PEERS:
        monkeypatch.syspath_prepend(folder)
    import rdata

    letters = pd.DataFrame({"lettr": pd.Categorical(list("AB") * 8100), "x.box": np.arange(16_200.0)})
    rdata.write_rda(tmp_path / "letters.rda", {"LetterRecognition": letters})
    run("letter", tmp_path, tmp_path / "letters.rda", tmp_path / "letters.csv")
    table = pd.read_csv(tmp_path / "letters.csv")
    assert table["split"].value_counts().to_dict() == {"train": 16_000, "test": 200}
    assert table["lettr"].tolist() == list("AB") * 8100


@pytest.fixture
def side_by_side(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("side_by_side")


@pytest.mark.parametrize(("tiny", "code"), [(False, 1), (True, 0)])
def test_a_bound_counts_unless_the_run_is_tiny(side_by_side, tiny, code, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        side_by_side.finish({"broken": ["time"]}, Namespace(tiny=tiny, output=tmp_path / "report.json"))
    assert int(ended.value.code) == code
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "report.json").read_text(encoding="utf8"))


def test_what_is_given_is_kept_in_a_tiny_run(side_by_side, monkeypatch):
    def asked(*words):
        monkeypatch.setattr(sys, "argv", ["script.py", *words])
        parser = ArgumentParser()
        parser.add_argument("--rows", type=int, default=60_000)
        return side_by_side.arguments(parser, rows=200).rows

    assert (asked(), asked("--tiny"), asked("--tiny", "--rows", "300")) == (60_000, 200, 300)
