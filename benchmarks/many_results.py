"""A leaderboard of thousands of results: time and memory of `embedbench leaderboard` in every format.

A few real runs on digits are copied under other names: their `result.json` with another model, seed, setting or data
set and other values, and beside it all that a run's folder holds (hard links, which a walk over the folders meets like
files). The results lie in one of several ways, since what is slow differs: many seeds of few models, many settings of
each model as after a large sweep, many models, many data sets, and many runs that failed before they knew their latent
size. Each call is a process of its own, from its first import to its exit: "seconds" is on the clock, "cpu_seconds" its
own and "peak_mb" the most memory that it held.

Bound: each format of each way within 10 seconds and 500 MB at 10,000 results.

    python benchmarks/many_results.py [--results 10000] [--ways seeds,settings,models,data,failed]
        [--formats terminal,md,csv,tex,html,json] [--runs DIR] [--output FILE]
"""

import argparse
import json
import os
import random
import shutil
import tempfile
from pathlib import Path

import side_by_side

SECONDS, MEGABYTES = 10.0, 500.0


def named(way, number, results):
    """Model, setting, data set and seed of one result, and whether it failed early."""
    if way == "seeds":
        return f"model{number % 20}", 0, 0, number // 20, False
    if way == "models":
        return f"model{number // 5}", 0, 0, number % 5, False
    if way == "data":
        return f"model{number // 5 % 4}", 0, number // 20, number % 5, False
    seed, rest = number % 5, number // 5
    return f"model{rest % 10}", rest // 10, 0, seed, way == "failed" and number % 2 == 1


def lay(folder, way, results, sources):
    """Writes the results, and links beside each what its source's folder holds."""
    chance = random.Random(0)
    files = {source: [path for path in source.rglob("*") if path.is_file()] for source in sources}
    records = {source: json.loads((source / "result.json").read_text(encoding="utf8")) for source in sources}
    for number in range(results):
        model, setting, data, seed, failed = named(way, number, results)
        source = sources[hash_free(model) % len(sources)]
        name = f"digits{data}-{model}-s{seed}-{number:08x}"
        for path in files[source]:
            target = folder / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.name != "result.json":
                link(path, target)
        record = json.loads(json.dumps(records[source]))
        about = {"run_id": name, "model": model, "seed": seed, "dataset": f"digits{data}"}
        record |= {**about, "dataset_fingerprint": f"{data:016x}"}
        record["config"]["seed_everything"] = seed
        record["config"]["model"].setdefault("init_args", {})["strength"] = setting
        for values in record["metrics"].values():
            values.update({metric: value * chance.uniform(0.9, 1.1) for metric, value in values.items()})
        if failed:
            lost = {"latent_dim": None, "metrics": {}, "uncertainty": {}}
            record |= {"status": "failed", "error": f"the loss became NaN at step {number}", **lost}
            record["config"]["model"]["init_args"].pop("latent_dim", None)
        (folder / name / "result.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf8")


def hash_free(name):
    """A number of a name, the same in every process."""
    return int(name.removeprefix("model"))


def link(source, target):
    try:
        os.link(source, target)
    except OSError:  # of another file system
        shutil.copyfile(source, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--ways", default="seeds,settings,models,data,failed")
    parser.add_argument("--formats", default="terminal,md,csv,tex,html,json")
    parser.add_argument("--models", default="raw,pca,autoencoder,vae,supervised,label_oracle", help="of the runs made")
    parser.add_argument("--runs", type=Path, help="real runs to copy (some on digits are made)")
    args = side_by_side.arguments(parser, results=40, ways="settings,failed", formats="terminal,md", models="raw")
    report = {"cores": os.cpu_count(), "results": args.results, "load_at_start": os.getloadavg()[0]}
    report |= {"bounds": {"seconds": SECONDS, "peak_mb": MEGABYTES}, "ways": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.runs is None:
            few = ("--seeds", 1, "--trainer.max_steps", 20, "--runs", "real")
            side_by_side.embedbench(folder, ["compare", "--models", args.models, *few])
        sources = sorted(path.parent for path in (args.runs or folder / "real").absolute().glob("*/result.json"))
        for way in args.ways.split(","):
            lay(folder / way, way, args.results, sources)
            found = report["ways"][way] = {}
            for fmt in args.formats.split(","):
                where = ("--format", fmt) if fmt == "terminal" else ("--output", f"table.{fmt}")
                found[fmt] = side_by_side.embedbench(folder, ["leaderboard", way, *where])[0]
                print(f"{way}, {fmt}: {json.dumps(found[fmt])}", flush=True)
            shutil.rmtree(folder / way)
    report["broken"] = [
        f"{way}, {fmt}"
        for way, found in report["ways"].items()
        for fmt, one in found.items()
        if one["seconds"] > SECONDS or one["peak_mb"] > MEGABYTES
    ]
    side_by_side.finish(report, args)


if __name__ == "__main__":
    main()
