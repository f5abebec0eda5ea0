"""Fits models without moving their weights, in groups of 1, 2 and 3 processes, and writes down what each logs.

Called with a JSON file of ``requests`` (arguments of a run by name), ``groups`` (numbers of processes) and a
``folder``. The processes are forked from one that has imported everything and read the rows, and each goes through all
models, so that a group is formed once. Each writes ``GROUP.RANK.json``: for each model its validations, its own losses
of each training step, and what was logged of these.
"""

import json
import os
import runpy
import socket
import sys
from pathlib import Path

import torch
from lightning.pytorch import Callback, seed_everything

from embedbench.paradigms.held_out import HeldOut
from embedbench.paradigms.learned import Learned
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import make_trainer

fork = runpy.run_path(str(Path(__file__).with_name("lanes.py")))["fork"]
STEPS = ["--trainer.max_steps", "2", "--trainer.val_check_interval", "1", "--trainer.log_every_n_steps", "1"]


class Notes(Callback):
    """Writes down what is logged."""

    def __init__(self):
        self.validations, self.logged = [], []

    def on_train_batch_start(self, *_):
        torch.manual_seed(0)  # where a model starts from by chance, it does so alike in all groups

    def on_validation_end(self, trainer, pl_module):
        self.validations.append(chosen(trainer, "val/"))

    def on_train_batch_end(self, trainer, pl_module, *_):
        self.logged.append(chosen(trainer, "train/"))


def chosen(trainer, kind):
    return {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith(kind)}


def watched(model):
    """The losses of each training step to come."""
    own, terms = [], model.terms

    def spied(batch):
        found = terms(batch)
        if model.training:
            own.append({f"train/{name}": float(value.detach()) for name, value in found.items()})
        return found

    model.terms = spied
    return own


def read(words):
    """The parts of a request, its rows loaded."""
    parts = resolve(build_request([*words, *STEPS]))
    assert parts.data.spec
    return parts


def fit(parts, processes, folder):
    """What one model logs in this process; ``None`` of one that has no loss."""
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    if not isinstance(model, HeldOut):
        return None
    model.lr = 1e-30  # a step moves no weight
    model.check(parts.data.rows)
    own, notes = watched(model) if isinstance(model, Learned) else [], Notes()
    group = {"strategy": "ddp"} if processes > 1 else {}
    settings = {**parts.trainer, "accelerator": "cpu", "devices": processes, "callbacks": [notes], **group}
    make_trainer(settings, model, folder).fit(model, datamodule=parts.data)
    return {"validations": notes.validations, "logged": notes.logged, "own": own}


def run_rank(models, folder, rank, processes, port):
    torch.set_num_threads(1)
    if processes > 1:
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": processes, "LOCAL_WORLD_SIZE": processes}
        names |= {"GROUP_RANK": 0, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "group"}
        os.environ.update({name: str(value) for name, value in names.items()})
    found = {name: fit(parts, processes, folder / f"{name}.{processes}") for name, parts in models.items()}
    (folder / f"{processes}.{rank}.json").write_text(json.dumps(found), encoding="utf8")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    models = {name: read(words) for name, words in plan["requests"].items()}
    for processes in plan["groups"]:
        port = free_port()
        for pid in [fork(run_rank, models, Path(plan["folder"]), rank, processes, port) for rank in range(processes)]:
            _, status = os.waitpid(pid, 0)
            if status:
                sys.exit(f"a process of {processes} ended with {status}")
