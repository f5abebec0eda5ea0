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
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS, MEGABYTES = 10.0, 500.0
MODELS = "raw,pca,autoencoder,vae,supervised,label_oracle"


def call(folder, *argv):
    """Runs a command to its end; what it took."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "embedbench", *map(str, argv)]
    started = time.perf_counter()
    log = (folder / "log").open("w+", encoding="utf8")
    with log, subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=log) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        log.seek(0)
        said = log.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    unit = 1024 if sys.platform == "darwin" else 1
    return {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / unit / 1024}


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
    parser.add_argument("--runs", type=Path, help="real runs to copy (some on digits are made)")
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    report = {"cores": os.cpu_count(), "results": args.results, "load_at_start": os.getloadavg()[0]}
    report |= {"bounds": {"seconds": SECONDS, "peak_mb": MEGABYTES}, "ways": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.runs is None:
            call(folder, "compare", "--models", MODELS, "--seeds", 1, "--trainer.max_steps", 20, "--runs", "real")
        sources = sorted(path.parent for path in (args.runs or folder / "real").absolute().glob("*/result.json"))
        for way in args.ways.split(","):
            lay(folder / way, way, args.results, sources)
            found = report["ways"][way] = {}
            for fmt in args.formats.split(","):
                where = ("--format", fmt) if fmt == "terminal" else ("--output", f"table.{fmt}")
                found[fmt] = call(folder, "leaderboard", way, *where)
                print(f"{way}, {fmt}: {json.dumps(found[fmt])}", flush=True)
            shutil.rmtree(folder / way)
    report["broken"] = [
        f"{way}, {fmt}"
        for way, found in report["ways"].items()
        for fmt, one in found.items()
        if one["seconds"] > SECONDS or one["peak_mb"] > MEGABYTES
    ]
    report["load_at_end"] = os.getloadavg()[0]
    print(json.dumps(report, indent=2))
    if args.output:
        args.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]))


if __name__ == "__main__":
    main()
