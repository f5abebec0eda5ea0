"""The side of `word_vectors.py` that runs in gensim's own environment.

python gensim_peer.py train CORPUS.npz OBJECTIVE EPOCHS SEED VECTORS.npy    (started by word_vectors.py)
python gensim_peer.py score VECTORS.txt                                     (word2vec's text format)
python gensim_peer.py tests
"""

import json
import sys
import time
from pathlib import Path

import gensim
import numpy as np

TESTS = Path(gensim.__file__).parent / "test" / "test_data"


def train(corpus, objective, epochs, seed, output):
    """One worker, window 5, 5 negatives, every word of the corpus; all else gensim's default."""
    data = np.load(corpus)
    words, tokens, offsets = data["words"].tolist(), data["tokens"].tolist(), data["offsets"].tolist()
    texts = [[words[i] for i in tokens[start:stop]] for start, stop in zip(offsets, offsets[1:])]  # noqa: B905, RUF007
    settings = {"vector_size": 100, "window": 5, "negative": 5, "min_count": 1, "workers": 1, "seed": int(seed)}
    model = gensim.models.Word2Vec(sg=int(objective == "skip_gram"), **settings)
    model.build_vocab(texts)
    clocks = time.perf_counter(), time.process_time()
    model.train(texts, total_examples=len(texts), epochs=int(epochs))
    seconds = time.perf_counter() - clocks[0], time.process_time() - clocks[1]
    assert set(model.wv.index_to_key) == set(words)  # the same vocabulary on both sides
    np.save(output, model.wv[words])
    return {"seconds": seconds[0], "cpu_seconds": seconds[1]}


def score(vectors):
    """Gensim's own figures for vectors that it reads from a file."""
    read = gensim.models.KeyedVectors.load_word2vec_format(vectors)
    pairs = {name: read.evaluate_word_pairs(TESTS / name)[1][0] for name in ("wordsim353.tsv", "simlex999.txt")}
    analogies = read.evaluate_word_analogies(TESTS / "questions-words.txt")[0]
    found = {"wordsim353": pairs["wordsim353.tsv"], "simlex999": pairs["simlex999.txt"], "analogies": analogies}
    return {name: float(value) for name, value in found.items()}


def tests():
    """Where the word tests lie."""
    return {"folder": str(TESTS), "gensim": gensim.__version__}


if __name__ == "__main__":
    print(json.dumps({"train": train, "score": score, "tests": tests}[sys.argv[1]](*sys.argv[2:])))
