"""Work that waits in a stage until it is killed, what it left on record, and which processes are left."""

import json
import os
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


def soon():
    """The seconds in which all has to end: 5, and as many times that as there is work for each core."""
    return 5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def results(folder):
    return [json.loads(path.read_text(encoding="utf8")) for path in sorted(folder.glob("runs/*/result.json"))]


def at_work(folder):
    """Processes in a folder, or that were started there, zombies apart."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            there = (path / "cwd").resolve() == folder and (path / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:  # has ended
            continue
        if there and there != "Z":
            found.append(path.name)
    return found
