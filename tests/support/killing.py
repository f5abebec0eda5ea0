"""Work that waits in a stage until it is killed, what it left on record, and which processes are left."""

import json
import os
import time
from pathlib import Path

SLOW = '''
import time
from pathlib import Path
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.classical.autoencoder import Autoencoder


def wait(stage):
    """Waits as long as there is a file."""
    while Path(stage).exists():
        Path("in_" + stage).touch()
        time.sleep(0.05)


class Slow(Autoencoder):
    """Makes no headway in a step."""

    def training_step(self, batch, batch_idx):
        wait("fit")
        return super().training_step(batch, batch_idx)


class SlowSuite(Suite):
    """Makes no headway in scoring."""

    def assess(self, gallery, queries):
        wait("scoring")
        return super().assess(gallery, queries)
'''


def ended(folder, *others):
    """Waits up to 30 s until no process is at work in a folder, but for others.

    Returns:
        Those that are left, and the seconds that it took: of which, where there was work for more than the cores there
        are, those that were its due.
    """
    began, runnable = time.monotonic(), []
    while (left := set(at_work(folder)) - set(others)) and time.monotonic() < began + 30:
        runnable.append(int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0]))
        time.sleep(0.05)
    crowd = sum(runnable) / len(runnable) / (os.cpu_count() or 1) if runnable else 1.0
    return left, (time.monotonic() - began) / max(1.0, crowd)


def results(folder):
    return [json.loads(path.read_text(encoding="utf8")) for path in sorted(folder.glob("runs/*/result.json"))]


def at_work(folder, parent=None):
    """Processes in a folder, or that were started there, zombies apart; of one parent, if asked."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            there = (path / "cwd").resolve() == folder and (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # has ended
            continue
        if there and there[0] != "Z" and (parent is None or int(there[1]) == parent):
            found.append(path.name)
    return found
