"""Runs trials in a few warm workers: libraries are imported once, in a fork server, and a crash costs one trial."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from embedbench.errors import RunError, UsageError
from embedbench.progress.step import Step
from embedbench.request.options import Options
from embedbench.results.lock import is_owned
from embedbench.say import say
from embedbench.stopping import INTERRUPTED, Stopped
from embedbench.sweep.candidates import Candidates, Survey
from embedbench.sweep.trial import Outcome, Running, Trial
from embedbench.sweep.trial_results import finished, say_why

Report = Callable[[list[Running], list[Outcome]], None]
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_CONTEXT: Any = multiprocessing.get_context(_METHOD)
_CONTEXT.set_forkserver_preload(["embedbench.sweep.preload"])
_GRACE_SECONDS = 4.5  # that a worker has to record that it was stopped
_TRIES = 3  # to start a worker: the fork server is started again if it has died
_LOOK_SECONDS = 1.0  # between two looks at what other processes run


def _serve(*args: Any) -> None:
    """Imported in the worker, not here: this process stays free of Lightning."""
    from embedbench.sweep.worker import serve

    serve(*args)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_trials(
    trials: list[Trial], options: Options, workers: int, report: Report, limit: float | None = None
) -> list[Outcome]:
    """Runs all trials and gives how each ended, in the order in which they ended.

    A trial that another process runs is waited for: once that one has ended it has finished, or is run here.

    Args:
        trials: To run; threads they don't ask for are those of OMP_NUM_THREADS, else shared out among the workers.
        options: Of every run.
        workers: Processes at a time, 1 or more.
        report: Called at every change, and whenever a trial says its step, with the trials under way and the outcomes
            so far.
        limit: Seconds that a trial may take; what takes longer is ended.
    """
    waiting, elsewhere, outcomes = list(reversed(trials)), list[Trial](), list[Outcome]()
    threads = _threads(workers)
    with tempfile.TemporaryDirectory(prefix="embedbench-") as logs:
        pool = [_Worker(number, Path(logs)) for number in range(min(workers, len(trials)))]
        try:
            while waiting or elsewhere or any(worker.trial for worker in pool):
                for worker in pool:
                    while worker.trial is None and waiting:
                        outcomes += worker.start(_with_threads(waiting.pop(), threads), options)
                report([Running(worker.trial, worker.step) for worker in pool if worker.trial], outcomes)
                for trial, outcome in _ended(pool, limit, bool(elsewhere)):
                    if outcome.status == "owned":
                        say(outcome.message)
                        elsewhere.append(trial)
                    else:
                        outcomes.append(outcome)
                free = [trial for trial in elsewhere if not is_owned(options.runs / trial.run_id)]
                elsewhere = [trial for trial in elsewhere if trial not in free]
                done = [trial for trial in free if finished(trial, options.runs)]
                outcomes += [Outcome(trial.run_id, "finished") for trial in done]
                waiting += [trial for trial in free if trial not in done]
            report([], outcomes)
        except (Stopped, KeyboardInterrupt) as stopped:
            _end(pool)
            word = str(stopped) if isinstance(stopped, Stopped) else INTERRUPTED
            say_why([worker.trial for worker in pool if worker.trial], options.runs, word)
            raise
        finally:
            _end(pool)
    return outcomes


def survey_apart(candidates: Candidates) -> Survey:
    """What a warm process finds of the data and of the models that are to be fitted to them.

    Raises:
        UsageError: If the data can't be used, by whichever model.
        RunError: If the process dies, or none can be started.
    """
    with tempfile.TemporaryDirectory(prefix="embedbench-") as logs:
        worker = _Worker(0, Path(logs))
        try:
            return worker.ask(candidates)
        finally:
            _end([worker])


def _end(pool: list[_Worker]) -> None:
    for worker in pool:
        worker.stop()
    until = time.monotonic() + _GRACE_SECONDS
    for worker in pool:
        worker.join(max(0.0, until - time.monotonic()))


def _ended(pool: list[_Worker], limit: float | None, look_often: bool) -> list[tuple[Trial, Outcome]]:
    """Waits until a trial says something, or has taken too long, or a while if others are to be looked for."""
    busy = [worker for worker in pool if worker.trial]
    times = [worker.begun + limit - time.monotonic() for worker in busy] if limit else []
    patience = min([*times, *([_LOOK_SECONDS] if look_often else [])], default=None)
    if not busy and patience is None:  # no worker could be started
        return []
    ready = wait([worker.pipe for worker in busy], patience if patience is None else max(0.0, patience))
    found = []
    for worker in busy:
        trial = worker.trial
        assert trial is not None
        if worker.pipe in ready:
            outcome = worker.hear()
            found += [] if outcome is None else [(trial, outcome)]
        elif limit and time.monotonic() - worker.begun >= limit:
            found.append((trial, worker.give_up(f"it took longer than --trial_timeout {limit:g} s")))
    return found


def _start_server() -> None:
    """Starts the fork server deaf to Ctrl-C: it hears it too, and would die noisily in the middle of its imports."""
    if _METHOD == "forkserver":
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)


class _Worker:
    """One process, started with the first trial, and again if it dies."""

    def __init__(self, number: int, logs: Path) -> None:
        self.number, self.log = number, logs / f"worker-{number}.log"
        self.trial: Trial | None = None
        self.step: Step | None = None
        self.begun = 0.0
        self.pipe: Any = None
        self.process: Any = None

    def _open(self) -> None:
        """Starts the process.

        Raises:
            OSError: If that can't be done, as where there may be no further process.
            EOFError: If the fork server dies meanwhile.
        """
        _start_server()
        ours, theirs = _CONTEXT.Pipe()
        try:
            process = _CONTEXT.Process(target=_serve, args=(theirs, self.number, str(self.log)))
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()  # so that the pipe ends when the worker does
        self.pipe, self.process = ours, process

    def start(self, trial: Trial, options: Options) -> list[Outcome]:
        """Hands a trial over; a process that died while it had nothing to do is replaced.

        Returns:
            What came of the trial, if no process can be started.
        """
        told = trial, replace(options, sweep={**(options.sweep or {}), "trial": trial.run_id})
        reason: Exception | None = None
        for _ in range(_TRIES):
            try:
                if self.process is None:
                    self._open()
                self.pipe.send(told)
            except (OSError, EOFError) as error:  # of the worker, or of the fork server
                reason = error
                self._drop()
            else:
                self.trial, self.step, self.begun = trial, None, time.monotonic()
                return []
        why = getattr(reason, "strerror", None) or type(reason).__name__
        message = f"no worker process can be started ({why}); close other programs or lower --workers."
        return [Outcome(trial.run_id, "crashed", message)]

    def ask(self, candidates: Candidates) -> Survey:
        """Asks a new process, which then has nothing more to do."""
        try:
            self._open()
            self.pipe.send(candidates)
            found: Survey | UsageError = self.pipe.recv()
        except (OSError, EOFError):
            if self.process is not None:
                self.process.join(_GRACE_SECONDS)
            raise RunError(f"the data can't be looked at: {self._last_words()}.") from None
        if isinstance(found, UsageError):
            raise found
        return found

    def hear(self) -> Outcome | None:
        """Takes the step that the trial is at, or gives its outcome; a process that died instead is replaced."""
        assert self.trial is not None  # only busy workers are waited for
        try:
            said: Step | Outcome = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(_GRACE_SECONDS)
            said = Outcome(self.trial.run_id, "crashed", self._last_words())
            self._drop()
        if isinstance(said, Step):
            self.step = said
            return None
        self.trial = None
        return said

    def give_up(self, reason: str) -> Outcome:
        """Ends the process, and with it the trial."""
        trial, self.trial = self.trial, None
        assert trial is not None
        self._drop()
        return Outcome(trial.run_id, "crashed", reason)

    def _drop(self) -> None:
        self.stop()
        self.join(_GRACE_SECONDS)

    def stop(self) -> None:
        """Asks the process to end, if there is one."""
        if self.process is not None:
            self.pipe.close()
            self.process.terminate()

    def join(self, seconds: float) -> None:
        """Waits for its end, for some time."""
        process, self.process = self.process, None
        if process is not None:
            process.join(seconds)
            process.kill()
            process.join()

    def _last_words(self) -> str:
        if self.process is None:
            return "no worker process can be started"
        tail = self.log.read_text(encoding="utf8", errors="replace").strip()[-500:] if self.log.exists() else ""
        return f"the worker process died (exit code {self.process.exitcode}): {tail or 'it printed nothing'}"


def _threads(workers: int) -> int:
    """Threads of a worker: as OMP_NUM_THREADS says, else its share of the cores."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(told) if told.isdecimal() and int(told) else max(1, cores() // workers)


def _with_threads(trial: Trial, threads: int) -> Trial:
    if trial.request["threads"] is not None:
        return trial
    return trial._replace(request={**trial.request, "threads": threads}, args=[*trial.args, f"--threads={threads}"])
