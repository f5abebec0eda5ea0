"""Runs ``embedbench`` commands in processes forked from one that has imported everything: none pays for its imports.

Called with a JSON file of lanes. A lane is a list of jobs, run one after the other; lanes run side by side. A job has
a ``name``, an ``argv``, a ``folder`` to run in, and perhaps ``ranks`` (processes that know their ranks from the
environment, as torchrun starts them), ``env`` (null unsets) and ``limit`` (seconds before they are killed). Each
process writes ``NAME.RANK.log`` into the folder, and ``NAME.RANK.json`` with its exit code and seconds.
"""

import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

import wandb  # noqa: F401 (imported for the processes to come)
from lightning.pytorch.utilities import rank_zero_only

import embedbench.run.again.reuse
import embedbench.run.execute  # noqa: F401
from embedbench.cli import main


def run_lane(jobs):
    for job in jobs:
        run_job(job)


def run_job(job):
    """Runs the ranks of one job and waits for them."""
    ranks, started, living = job.get("ranks", 1), time.perf_counter(), {}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for rank in range(ranks):
        living[fork(run_rank, job, rank, ranks, port)] = rank
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            ended = {"code": os.waitstatus_to_exitcode(status), "seconds": time.perf_counter() - started}
            path = Path(job["folder"], f"{job['name']}.{living.pop(pid)}.json")
            path.write_text(json.dumps(ended), encoding="utf8")
        elif time.perf_counter() - started > job.get("limit", 120):
            for pid in living:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def run_rank(job, rank, ranks, port):
    """Runs one rank here and exits."""
    os.chdir(job["folder"])
    log = os.open(f"{job['name']}.{rank}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name, value in job.get("env", {}).items():
        os.environ.pop(name, None)
        os.environ.update({} if value is None else {name: value})
    if ranks > 1:
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks, "GROUP_RANK": 0}
        os.environ.update({name: str(value) for name, value in names.items()})
        os.environ.update({"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": job["name"]})
        rank_zero_only.rank = rank  # as Lightning's import sets it in a process that begins with this environment
    main(job["argv"])


def fork(function, *args):
    """Calls a function in a new process, which exits with what the function raised, and gives its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        function(*args)
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    lanes = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    for lane in [fork(run_lane, jobs) for jobs in lanes]:
        os.waitpid(lane, 0)
