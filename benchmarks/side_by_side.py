"""What the benchmarks share: the rows, calls measured in processes of their own, rounds and their spread."""

import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
FEW = {"train_rows": 1200, "test_rows": 400}  # of a tiny run


def arguments(parser, **tiny):
    """What a script is asked for; with ``--tiny``, what isn't given has the values said here."""
    parser.add_argument("--output", type=Path, help="file for the report, which is JSON")
    parser.add_argument(
        "--tiny",
        action="store_true",
        help="a small run that shows that the script works: its bounds don't count, but both sides still have to agree",
    )
    if parser.parse_known_args()[0].tiny:
        parser.set_defaults(**tiny)
    return parser.parse_args()


def fashion_mnist(tiny):
    """The data set; of a tiny run few rows of it."""
    from embedbench.data.images.fashion_mnist import FashionMNIST

    return FashionMNIST(**FEW if tiny else {})


def write_fashion_mnist(folder, tiny):
    """Fashion-MNIST as 128 principal components of its train rows, float32: those 60,000 rows, then the test rows."""
    from sklearn.decomposition import PCA

    data = fashion_mnist(tiny)
    parts = [data.tensors(split)[:2] for split in ("train", "val", "test")]
    x, train = np.concatenate([one.flatten(1).numpy() for one, _ in parts]), len(parts[0][0]) + len(parts[1][0])
    np.save(folder / "z.npy", PCA(128, random_state=0).fit(x[:train]).transform(x).astype(np.float32))
    np.save(folder / "label.npy", np.concatenate([label.numpy() for _, label in parts]).astype(np.int64))
    np.save(folder / "train.npy", train)


def read_parts(folder):
    """Rows and labels of both parts that were written: train, then test."""
    z, label, train = (np.load(Path(folder) / f"{name}.npy") for name in ("z", "label", "train"))
    return z[:train], label[:train], z[train:], label[train:]


def held(what):
    """Memory of this process in MB: what it holds ("VmRSS"), or the most that it has held ("VmHWM"); Linux alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def measured(call):
    """What a call takes, and gives as ``scores``."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the most held so far
    before = held("VmRSS")
    clocks = time.perf_counter(), time.process_time()
    scores = call()
    spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
    return {**spent, "extra_mb": held("VmHWM") - before, "all_mb": held("VmHWM"), "scores": scores}


def apart(script, threads, *child):
    """What a script prints last when it is run as ``--child`` in a process with so many threads."""
    argv = [sys.executable, script, "--child", *map(str, child)]
    done = subprocess.run(argv, env=environment(threads), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, child))} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def embedbench(folder, words, **variables):
    """Runs a command of the package in a folder to its end: what it took, and what it said."""
    command = [sys.executable, "-m", "embedbench", *map(str, words)]
    env, log = {**os.environ, "PYTHONPATH": str(ROOT), **variables}, (folder / "log").open("w+", encoding="utf8")
    started = time.perf_counter()
    with log, subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        log.seek(0)
        said = log.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    unit = 1024 if sys.platform == "darwin" else 1
    taken = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / unit / 1024}
    return taken, said


def environment(threads):
    """That of a process with so many threads."""
    return {**os.environ, **dict.fromkeys(THREADS, str(threads))}


def turns(sides, number):
    """The sides in their order, in every other round from the last to the first."""
    return list(sides) if number % 2 == 0 else list(sides)[::-1]


def ratios(one, ours, peer):
    """Of the peer's measures to ours in one round."""
    names = {"time_ratio": "seconds", "cpu_ratio": "cpu_seconds"}
    return {ratio: one[peer][name] / one[ours][name] for ratio, name in names.items()}


def spread(found):
    """Median and all values, sorted, of figures that each round has."""
    return {
        name: {"median": statistics.median(one[name] for one in found), "rounds": sorted(one[name] for one in found)}
        for name in found[0]
    }


def setting(threads, *packages):
    """What a report begins with."""
    return {
        **{package: version(package) for package in ("numpy", *packages)},
        "cores": os.cpu_count(),
        "threads": threads,
        "load_at_start": os.getloadavg()[0],
    }


def finish(report, args):
    """Prints a report, writes it where wanted, and ends with 1 if a bound in ``broken`` doesn't hold."""
    text = json.dumps({**report, "load_at_end": os.getloadavg()[0]}, indent=2)
    print(text)
    if args.output:
        args.output.write_text(text + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]) and not args.tiny)
