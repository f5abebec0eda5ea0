"""Word vectors of 100 dimensions by this package, by gensim and by a plain PPMI + SVD, on one corpus, in turn.

Skip-gram and CBOW: window 5, 5 negatives, subsampling at 1e-3, 5 epochs, a learning rate that falls linearly to 1e-4
(from 0.025 for skip-gram as gensim's, from 0.1 for CBOW, whose gradient gensim multiplies by the words in the window),
one thread. Gensim goes through the documents in their order, ours in a new order each epoch. PPMI + SVD: window 5 with
falling weights, contexts smoothed by 0.75, no shift, all axes weighed alike; the reference counts with scipy's
coordinates and factorises with scipy's `svds`, as one would write it down.

Scores: Spearman's ρ on WordSim-353 and SimLex-999, share of analogies solved (3CosAdd), by this package for all sides;
gensim also reads ours from a file in word2vec's format and scores them by itself. Speed: words of the corpus times
epochs, over the process's CPU seconds in training, since wall-clock time on a shared machine counts what others do;
both are in the report.

Bounds: skip-gram's WordSim ρ at least gensim's − .03, its speed at least half of gensim's; PPMI's ρ at least .53, in at
most twice the reference's time; what gensim reads scores as what was written.

    python -m venv peer && peer/bin/pip install gensim==4.4.0
    python benchmarks/word_vectors.py --corpus corpus.npz --peer-python peer/bin/python [--epochs 5] [--output FILE]

`word_corpus.py` makes the corpus.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import side_by_side
import torch
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from embedbench.evaluation.metrics.words.word_scores import word_analogies, word_similarity
from embedbench.evaluation.word_tests import read_pairs, read_questions
from embedbench.files.word2vec_text import write_word2vec
from embedbench.paradigms.words.cooccurrence import cooccurrences
from embedbench.paradigms.words.negative_sampling import cumulative
from embedbench.paradigms.words.ppmi import factorise, ppmi
from embedbench.paradigms.words.sgd import initial, sgd_step_
from embedbench.paradigms.words.windows import keep_probability, subsampled, windows

DIM, WINDOW, NEGATIVES, THRESHOLD, POWER = 100, 5, 5, 1e-3, 0.75
RATES, LAST_RATE = {"skip_gram": 0.025, "cbow": 0.1}, 1e-4
BATCH = 1 << 16  # tokens
PEER = Path(__file__).with_name("gensim_peer.py")
RHO_MARGIN, SPEED_LIMIT, PPMI_RHO, PPMI_TIME, SAME = 0.03, 0.5, 0.53, 2.0, 1e-4


class Corpus:
    """Tokens, offsets and words, as `word_corpus.py` wrote them."""

    def __init__(self, path):
        data = np.load(path)
        self.tokens, self.offsets, self.words = data["tokens"], data["offsets"], data["words"].tolist()
        self.counts = torch.from_numpy(np.bincount(self.tokens, minlength=len(self.words)))

    def batches(self, draws):
        """Whole documents in random order, about as many tokens at a time: tokens and document numbers."""
        order = torch.randperm(len(self.offsets) - 1, generator=draws).numpy()
        lengths = np.diff(self.offsets)[order]
        cuts = np.flatnonzero(np.diff(lengths.cumsum() // BATCH)) + 1
        for documents, sizes in zip(np.split(order, cuts), np.split(lengths, cuts), strict=True):
            row = np.repeat(np.arange(len(documents)), sizes)
            place = np.arange(len(row)) + np.repeat(self.offsets[documents] - sizes.cumsum() + sizes, sizes)
            yield torch.from_numpy(self.tokens[place]).long(), torch.from_numpy(row)


def negative_sampling(corpus, objective, epochs, seed):
    """Word vectors."""
    draws = torch.Generator().manual_seed(seed)
    tables = initial(len(corpus.words), DIM, draws)
    keep, noise = keep_probability(corpus.counts, THRESHOLD), cumulative(corpus.counts, POWER)
    done, whole = 0, epochs * len(corpus.tokens)
    for _ in range(epochs):
        for tokens, row in corpus.batches(draws):
            lr = RATES[objective] + (LAST_RATE - RATES[objective]) * done / whole
            done += len(tokens)
            text = windows(*subsampled(tokens, row, keep, draws), WINDOW, draws)
            sgd_step_(tables, text, noise, NEGATIVES, lr, objective, draws)
    assert done == whole
    return tables.inputs.numpy()


def closed_form(corpus):
    counts = cooccurrences(corpus.tokens, corpus.offsets, len(corpus.words), WINDOW)
    return factorise(ppmi(counts, POWER, 1.0), DIM, 0.0, seed=0)[0]


def plain_closed_form(corpus):
    """The same numbers, written down plainly."""
    size = len(corpus.words)
    document = np.repeat(np.arange(len(corpus.offsets) - 1), np.diff(corpus.offsets))
    counts = sparse.csr_matrix((size, size))
    for distance in range(1, WINDOW + 1):
        same = document[distance:] == document[:-distance]
        one, other = corpus.tokens[:-distance][same], corpus.tokens[distance:][same]
        weight = np.full(len(one), 1 - (distance - 1) / WINDOW)
        counts = counts + sparse.coo_matrix((weight, (one, other)), shape=(size, size)).tocsr()
    found = (counts + counts.T).tocoo()
    total = np.asarray(found.sum(1)).ravel()
    smooth = total**POWER
    information = np.log(found.data * smooth.sum() / (total[found.row] * smooth[found.col]))
    matrix = sparse.csr_matrix((np.maximum(information, 0), (found.row, found.col)), shape=(size, size))
    return svds(matrix, DIM)[0]


def timed(function, *args):
    """Its result, and the seconds on the clock and of this process."""
    clocks = time.perf_counter(), time.process_time()
    result = function(*args)
    return result, {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}


def peer(python, *args):
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([python, PEER, *map(str, args)], capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise SystemExit(f"gensim's side failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


class Tests:
    """The three word tests."""

    def __init__(self, folder):
        self.pairs = {name.partition(".")[0]: read_pairs(folder / name) for name in ("wordsim353.tsv", "simlex999.txt")}
        self.questions = read_questions(folder / "questions-words.txt")

    def __call__(self, vectors, words):
        found = {name: word_similarity(vectors, words, pairs) for name, pairs in self.pairs.items()}
        found["analogies"] = word_analogies(vectors, words, self.questions)
        return {name: result._asdict() for name, result in found.items()}


def against_gensim(corpus, objective, args, tests, folder):
    file = folder / f"{objective}.npy"
    theirs = peer(args.peer_python, "train", args.corpus, objective, args.epochs, args.seed, file)
    vectors, ours = timed(negative_sampling, corpus, objective, args.epochs, args.seed)
    sides = {"ours": {**ours, **tests(vectors, corpus.words)}}
    sides["gensim"] = {**theirs, **tests(np.load(file), corpus.words)}
    for side in sides.values():
        side["words_a_cpu_second"] = round(args.epochs * len(corpus.tokens) / side["cpu_seconds"])
    write_word2vec(folder / "ours.txt", corpus.words, vectors)
    read = sides["ours"]["as_gensim_reads_them"] = peer(args.peer_python, "score", folder / "ours.txt")
    for name, value in read.items():
        if abs(sides["ours"][name]["score"] - value) > SAME:
            raise SystemExit(f"{name} of {objective} is {sides['ours'][name]['score']} here and {value} by gensim.")
    return {
        **sides,
        "wordsim353_difference": sides["ours"]["wordsim353"]["score"] - sides["gensim"]["wordsim353"]["score"],
        "speed_ratio": theirs["cpu_seconds"] / ours["cpu_seconds"],
        "speed_ratio_on_the_clock": theirs["seconds"] / ours["seconds"],
    }


def against_reference(corpus, tests):
    sides = {}
    for name, function in (("ours", closed_form), ("reference", plain_closed_form)):
        vectors, seconds = timed(function, corpus)
        sides[name] = {**seconds, **tests(vectors.astype(np.float32), corpus.words)}
    return {**sides, "time_ratio": sides["ours"]["cpu_seconds"] / sides["reference"]["cpu_seconds"]}


def broken(report):
    """Bounds that don't hold."""
    gram, closed = report["skip_gram"], report["ppmi_svd"]
    bounds = {
        "skip_gram_wordsim353": gram["wordsim353_difference"] >= -RHO_MARGIN,
        "skip_gram_speed": gram["speed_ratio"] >= SPEED_LIMIT,
        "ppmi_svd_wordsim353": closed["ours"]["wordsim353"]["score"] >= PPMI_RHO,
        "ppmi_svd_time": closed["time_ratio"] <= PPMI_TIME,
    }
    return [name for name, holds in bounds.items() if not holds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--peer-python", default=sys.executable, help="of an environment with gensim (this one)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    args = side_by_side.arguments(parser, epochs=1)
    torch.set_num_threads(1)
    corpus, place = Corpus(args.corpus), peer(args.peer_python, "tests")
    tests = Tests(Path(place["folder"]))
    report = {
        "torch": torch.__version__,
        "gensim": place["gensim"],
        "cores": os.cpu_count(),
        "load_at_start": os.getloadavg()[0],
        "corpus": {"tokens": len(corpus.tokens), "words": len(corpus.words), "documents": len(corpus.offsets) - 1},
        "epochs": args.epochs,
        "bounds": {
            "wordsim353_margin": RHO_MARGIN,
            "speed_ratio": SPEED_LIMIT,
            "ppmi_svd_wordsim353": PPMI_RHO,
            "ppmi_svd_time_ratio": PPMI_TIME,
        },
    }
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        report["ppmi_svd"] = against_reference(corpus, tests)
        print(json.dumps(report["ppmi_svd"]), flush=True)
        for objective in RATES:
            report[objective] = against_gensim(corpus, objective, args, tests, Path(folder))
            print(json.dumps(report[objective]), flush=True)
    report |= {"broken": broken(report)}
    side_by_side.finish(report, args)


if __name__ == "__main__":
    main()
