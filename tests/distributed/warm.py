"""Runs ``embedbench`` commands in processes forked from one that has imported everything, so that none pays for imports.

Called with a JSON file of lanes; a lane is a list of jobs, run one after the other, lanes side by side. A job has an
``argv``, a ``folder`` to run in and a ``name``, perhaps ``env``, ``ranks`` (the processes, given their ranks by the
environment as torchrun does), ``limit`` (seconds before they are killed). Each process writes ``NAME.RANK.log`` and
``NAME.RANK.code`` into the folder.
"""

import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

import torch
import wandb  # noqa: F401 (imported for the processes to come)
from lightning.pytorch.utilities import rank_zero_only

import embedbench.experiment.reuse
import embedbench.experiment.run  # noqa: F401
from embedbench.cli import main


def run_job(job):
    ranks = job.get("ranks", 1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    living = {}
    for rank in range(ranks):
        pid = os.fork()
        if not pid:
            os._exit(run_rank(job, rank, ranks, port))
        living[pid] = rank
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            rank, code = living.pop(pid), os.waitstatus_to_exitcode(status)
            report = {"code": code, "seconds": time.perf_counter() - started}
            Path(job["folder"], f"{job['name']}.{rank}.code").write_text(json.dumps(report), encoding="utf8")
        elif time.perf_counter() - started > job.get("limit", 120):
            for pid in living:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def run_rank(job, rank, ranks, port):
    os.chdir(job["folder"])
    log = os.open(f"{job['name']}.{rank}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(job.get("env", {}))
    if ranks > 1:
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks, "GROUP_RANK": 0}
        os.environ.update({name: str(value) for name, value in names.items()})
        os.environ.update({"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": job["name"]})
        rank_zero_only.rank = rank  # as Lightning's import sets it in a process that begins with this environment
    try:
        main(job["argv"])
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


if __name__ == "__main__":
    lanes = []
    for jobs in json.loads(Path(sys.argv[1]).read_text(encoding="utf8")):
        pid = os.fork()
        if not pid:
            for job in jobs:
                run_job(job)
            os._exit(0)
        lanes.append(pid)
    for pid in lanes:
        os.waitpid(pid, 0)
