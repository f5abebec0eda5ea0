"""Runs trials in a few warm workers: libraries are imported once, in a fork server, and a crash costs one trial."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from embedbench.experiment.options import Options
from embedbench.sweep.trial import Outcome, Trial

Report = Callable[[list[Trial], list[Outcome]], None]
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_CONTEXT: Any = multiprocessing.get_context(_METHOD)
_CONTEXT.set_forkserver_preload(["embedbench.sweep.worker"])
_GRACE_SECONDS = 5


def _serve(*args: Any) -> None:
    """Imported in the worker, not here: this process stays free of Lightning."""
    from embedbench.sweep.worker import serve

    serve(*args)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_trials(trials: list[Trial], options: Options, workers: int, report: Report) -> list[Outcome]:
    """Runs all trials and gives how each ended, in the order in which they ended.

    Args:
        trials: To run; threads they don't ask for are shared out among the workers.
        options: Of every run.
        workers: Processes at a time, 1 or more.
        report: Called at every change with the trials under way and the outcomes so far.
    """
    _start_server()
    waiting, outcomes = list(reversed(trials)), list[Outcome]()
    threads = max(1, cores() // workers)
    with tempfile.TemporaryDirectory(prefix="embedbench-") as logs:
        pool = [_Worker(number, Path(logs)) for number in range(min(workers, len(trials)))]
        try:
            while waiting or any(worker.trial for worker in pool):
                for worker in pool:
                    if worker.trial is None and waiting:
                        worker.start(_with_threads(waiting.pop(), threads), options)
                report([worker.trial for worker in pool if worker.trial], outcomes)
                ready = wait([worker.pipe for worker in pool if worker.trial])
                outcomes += [worker.finish() for worker in pool if worker.pipe in ready]
            report([], outcomes)
        finally:
            for worker in pool:
                worker.stop()
            for worker in pool:
                worker.join()
    return outcomes


def _start_server() -> None:
    """Starts the fork server deaf to Ctrl-C: it hears it too, and would die noisily in the middle of its imports."""
    if _METHOD == "forkserver":
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)


class _Worker:
    """One process, restarted if it dies."""

    def __init__(self, number: int, logs: Path) -> None:
        self.number, self.log = number, logs / f"worker-{number}.log"
        self.trial: Trial | None = None
        self._open()

    def _open(self) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_serve, args=(theirs, self.number, str(self.log)))
        self.process.start()
        theirs.close()  # so that the pipe ends when the worker does

    def start(self, trial: Trial, options: Options) -> None:
        """Hands a trial over."""
        self.trial = trial
        self.pipe.send((trial, replace(options, sweep={**(options.sweep or {}), "trial": trial.run_id})))

    def finish(self) -> Outcome:
        """Takes the outcome; a process that died instead is replaced."""
        trial, self.trial = self.trial, None
        assert trial is not None  # only busy workers are waited for
        try:
            outcome: Outcome = self.pipe.recv()
        except EOFError:
            self.process.join()
            outcome = self._crashed(trial)
            self._open()
        return outcome

    def stop(self) -> None:
        """Asks the process to end."""
        self.pipe.close()
        self.process.terminate()

    def join(self) -> None:
        """Waits for its end; Lightning hears the request between two steps only, and a step may hang."""
        self.process.join(_GRACE_SECONDS)
        self.process.kill()
        self.process.join()

    def _crashed(self, trial: Trial) -> Outcome:
        tail = self.log.read_text(encoding="utf8", errors="replace").strip()[-500:] if self.log.exists() else ""
        message = f"the worker process died (exit code {self.process.exitcode}): {tail or 'it printed nothing'}"
        return Outcome(trial.run_id, "crashed", message)


def _with_threads(trial: Trial, threads: int) -> Trial:
    if trial.request["threads"] is not None:
        return trial
    return trial._replace(request={**trial.request, "threads": threads}, args=[*trial.args, f"--threads={threads}"])
