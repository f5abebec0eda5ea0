"""The whole default suite as the gallery grows: time, memory, exponents, and what an index saves and finds.

Fashion-MNIST as its 128 leading principal components (of the 60,000 train rows), float32; 10,000 queries, the test
rows, with their pixels as input space. The gallery of 60,000 is the train rows; the others are train rows drawn at
random, with noise of half of each component's deviation. Each gallery is an .npy file, mapped to memory and never read
as a whole. Each call is timed in a process of its own, which has its queries and its imports before the clock starts.
Memory: the most that was held beside the mapped file (RssAnon, looked at 50 times per second) beyond what was held
before.

"suite" is `Suite(index=...).assess` with all else by default, and what each family of metrics took of it (the first to
ask for neighbours pays for their search). "search" is the 32 nearest rows of all queries alone, by each index;
recall@10 is measured as in the suite, and over all queries against the exact search. Exponents: slopes of the
logarithms over the jittered galleries.

Bounds: 60,000 rows in 40 s and 1 GB; 1,000,000 rows in 360 s and 3 GB, exactly and by IVF; recalls at least .95.

    python benchmarks/large.py [--rows 10000,60000,100000,1000000] [--indexes flat,ivf] [--search flat,ivf,hnsw]
        [--threads 2] [--output FILE]
"""

import argparse
import json
import os
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import side_by_side

DIM, TRAIN, JITTER, BLOCK, K = 128, 60_000, 0.5, 100_000, 32
BOUNDS = {60_000: (40, 1024), 1_000_000: (360, 3072)}  # seconds, MB
RECALL = 0.95


class Watched:
    """Seconds, CPU seconds and memory of what is done inside."""

    def __enter__(self):
        self._before = self._most = anonymous()
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        self._clocks = time.perf_counter(), time.process_time()
        return self

    def _look(self):
        while not self._done.wait(0.02):
            self._most = max(self._most, anonymous())

    def __exit__(self, *_):
        wall, cpu = self._clocks
        self.spent = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
        self._done.set()
        self._watch.join()
        self.spent["extra_mb"] = self._most - self._before


def anonymous():
    """MB that this process holds beside files; Linux alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def score(folder, rows, index):
    """The whole suite, and the seconds of each family."""
    from embedbench.evaluation import suite as module
    from embedbench.evaluation.metrics.base import discover
    from embedbench.evaluation.rows import Rows

    seconds = {}

    def timed(family):
        def compute(space):
            clocks = time.perf_counter(), time.process_time()
            found = family.compute(space)
            spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
            seconds[family.name] = {name: round(value, 2) for name, value in spent.items()}
            return found

        return replace(family, compute=compute)

    module.discover = lambda: [timed(family) for family in discover() if family.needs != "real"]
    few = np.random.default_rng(0).normal(size=(120, 8)).astype(np.float32)
    module.Suite().assess(Rows(few, np.arange(120) % 3), {"test": Rows(few, np.arange(120) % 3, x=few)})
    load = {name: np.load(folder / f"{name}.npy") for name in ("query", "query_label", "pixels", f"label_{rows}")}
    gallery = np.load(folder / f"gallery_{rows}.npy", mmap_mode="r")
    with Watched() as watched:
        query = Rows(load["query"], load["query_label"], x=load["pixels"])
        found = module.Suite(index=index).assess(Rows(gallery, load[f"label_{rows}"]), {"test": query})["test"]
    kept = {name: spent for name, spent in seconds.items() if spent["cpu_seconds"] > 0}
    return {**watched.spent, "families": kept, "notes": found.notes, "scores": found.metrics}


def search(folder, rows, index):
    """Neighbours alone; those of exact search are left in the folder, to compare with."""
    from embedbench.evaluation.rows import Rows
    from embedbench.evaluation.space import Gallery
    from embedbench.neighbors.index import build_index, nearest

    gallery = Gallery(Rows(np.load(folder / f"gallery_{rows}.npy", mmap_mode="r")))
    queries = Rows(np.load(folder / "query.npy"))
    query, pairs = gallery.normalise(queries.z), gallery.pairs(queries)
    few, warm = Rows(query[:10]), Gallery(Rows(query[:1000]))
    nearest(warm, warm.normalise(few.z), K, None, warm.pairs(few))
    with Watched() as building:
        made = None if index == "flat" else build_index(gallery, index)
    with Watched() as searching:
        found = nearest(gallery, query, K, None if made is None else lambda: made, pairs)
    exact = folder / f"exact_{rows}.npy"
    if index == "flat":
        np.save(exact, found.rows)
    both = zip(found.rows[:, :10].tolist(), np.load(exact)[:, :10].tolist(), strict=True)
    recall = float(np.mean([len(set(ours) & set(true)) / 10 for ours, true in both]))
    return {"build": building.spent, "search": searching.spent, "note": found.note, "recall_of_all": recall}


CALLS = {"suite": score, "search": search}


def call(what, folder, rows, index, threads):
    found = side_by_side.apart(__file__, threads, what, folder, rows, index)
    print(f"{what}, {rows} rows, {index}: {json.dumps({**found, 'scores': '…'})}", flush=True)
    return found


def write_queries(folder, tiny):
    """The queries, their labels and pixels, and the train rows that all galleries are made of."""
    from sklearn.decomposition import PCA

    data = side_by_side.fashion_mnist(tiny)
    x = {split: data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")}
    label = {split: data.targets(split).numpy() for split in x}
    train, names = (np.concatenate([part["train"], part["val"]]) for part in (x, label))
    pca = PCA(DIM, random_state=0).fit(train)
    np.save(folder / "query.npy", pca.transform(x["test"]).astype(np.float32))
    np.save(folder / "query_label.npy", label["test"])
    np.save(folder / "pixels.npy", x["test"])
    return pca.transform(train).astype(np.float32), names


def write_gallery(folder, rows, train, label):
    """A gallery of this many rows, a block at a time."""
    rng = np.random.default_rng(rows)
    chosen = np.arange(rows) if rows == TRAIN else rng.integers(0, len(train), rows)
    noise = train.std(axis=0) * (0 if rows == TRAIN else JITTER)
    file = np.lib.format.open_memmap(folder / f"gallery_{rows}.npy", "w+", np.float32, (rows, DIM))
    for start in range(0, rows, BLOCK):
        some = chosen[start : start + BLOCK]
        file[start : start + BLOCK] = train[some] + rng.standard_normal((len(some), DIM), np.float32) * noise
    file.flush()
    np.save(folder / f"label_{rows}.npy", label[chosen])


def exponents(suite):
    """Slopes of log time (of a family, CPU time) and log memory over log rows, of jittered galleries scored exactly."""
    sizes = sorted(int(rows) for rows, found in suite.items() if int(rows) != TRAIN and "flat" in found)
    if len(sizes) < 2:
        return {}
    found = [suite[str(rows)]["flat"] for rows in sizes]
    columns = {name: [one[name] for one in found] for name in ("seconds", "cpu_seconds", "extra_mb")}
    for name in found[-1]["families"]:
        columns[name] = [one["families"][name]["cpu_seconds"] for one in found]
    return {name: float(np.polyfit(np.log(sizes), np.log(values), 1)[0]) for name, values in columns.items()}


def table(report):
    """What the docs show: a line for each call of the suite, the CPU seconds of each family behind it."""
    found = [(int(rows), index, one) for rows, by in report["suite"].items() for index, one in by.items()]
    names = list(dict.fromkeys(name for _, _, one in found for name in one["families"]))
    lines = [["rows", "index", "seconds", "CPU seconds", "extra MB", *names]]
    lines.append(["---"] * len(lines[0]))
    for rows, index, one in found:
        spent = (one["families"].get(name, {}).get("cpu_seconds", 0.0) for name in names)
        whole = (f"{one[name]:.0f}" for name in ("seconds", "cpu_seconds", "extra_mb"))
        lines.append([f"{rows:,}", index, *whole, *(f"{value:.1f}" for value in spent)])
    slopes = report["exponents"]
    if slopes:
        named = ("seconds", "cpu_seconds", "extra_mb", *names)
        lines.append(["exponent", "flat", *(f"{slopes[name]:.2f}" if name in slopes else "" for name in named)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def broken(report):
    """Bounds that don't hold."""
    bad = []
    for rows, (seconds, megabytes) in BOUNDS.items():
        for index, found in report["suite"].get(str(rows), {}).items():
            bad += [f"{rows} rows, {index}: seconds"] if found["seconds"] > seconds else []
            bad += [f"{rows} rows, {index}: memory"] if found["extra_mb"] > megabytes else []
    for rows, by_index in report["search"].items():
        low = [index for index, found in by_index.items() if found["recall_of_all"] < RECALL]
        bad += [f"{rows} rows, {index}: recall" for index in low]
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,60000,100000,1000000")
    parser.add_argument("--indexes", default="flat,ivf")
    parser.add_argument("--search", default="flat,ivf,hnsw")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows="1000", indexes="flat", search="flat,ivf", threads=1)
    if args.child:
        what, folder, rows, index = args.child
        print(json.dumps(CALLS[what](Path(folder), int(rows), index)))
        return
    report = {**side_by_side.setting(args.threads, "faiss-cpu"), "suite": {}, "search": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train, label = write_queries(folder, args.tiny)
        for rows in map(int, args.rows.split(",")):
            write_gallery(folder, rows, train, label)
            for what, indexes in (("search", args.search), ("suite", args.indexes)):
                named = [index for index in indexes.split(",") if index]
                report[what][str(rows)] = {one: call(what, folder, rows, one, args.threads) for one in named}
            (folder / f"gallery_{rows}.npy").unlink()
    report["exponents"] = exponents(report["suite"])
    print(table(report))
    side_by_side.finish({**report, "broken": broken(report)}, args)


if __name__ == "__main__":
    main()
