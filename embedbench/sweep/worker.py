"""A warm worker: imports once, then runs trial after trial. Imported by the fork server before it forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait

import torch

from embedbench.errors import RunError, UsageError
from embedbench.progress.step import Step
from embedbench.request.options import Options
from embedbench.results.lock import is_owned
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.execute import execute
from embedbench.run.store.owner import OwnedError
from embedbench.stopping import PARENT, Stopped, listening
from embedbench.sweep.candidates import Candidates, Survey
from embedbench.sweep.survey import survey
from embedbench.sweep.trial import Outcome, Trial

_SECONDS_A_STEP = 1.0  # between two that are sent
_GRACE_SECONDS = 4  # that a command of several processes has to record that it was stopped


def serve(pipe: Connection, number: int, log: str) -> None:
    """Runs the trials that come through the pipe until it closes.

    Args:
        pipe: Gives ``(trial, options)`` and takes a ``Step`` now and then and at last an ``Outcome``, or gives
            ``Candidates`` and takes a ``Survey`` of the data, or the ``UsageError`` that refuses them.
        number: Of this worker; it chooses its GPU, if there are any.
        log: File that takes all output, so that the parent's progress bar stays whole.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if gpus := torch.cuda.device_count():  # counted without starting CUDA, which reads the variable when it starts
        visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(gpus)))
        os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[number % gpus]
    try:
        with listening():
            _serve(pipe, log)
    except Stopped as stopped:
        sys.exit(stopped.code)


def _serve(pipe: Connection, log: str) -> None:
    while True:
        try:
            told: tuple[Trial, Options] | Candidates = pipe.recv()
        except (EOFError, OSError):  # the parent is gone
            return
        _write_to(log)
        if isinstance(told, tuple):
            trial, options = told
            pipe.send(run_trial(trial, replace(options, tell=StepSender(pipe))))
        else:
            pipe.send(_surveyed(told))


class StepSender:
    """Sends the steps of a trial: each new part of it, and of the steps of one part one a second.

    Args:
        pipe: To the parent.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._part, self._next = pipe, ("", ""), 0.0

    def __call__(self, step: Step) -> None:
        """Sends it, or leaves it out."""
        now, part = time.monotonic(), (step.doing, step.piece)
        if now < self._next and part == self._part:
            return
        self._part, self._next = part, now + _SECONDS_A_STEP
        with suppress(OSError):  # the parent is gone, at which this process is told to end
            self._pipe.send(step)


def _surveyed(candidates: Candidates) -> Survey | UsageError:
    try:
        return survey(candidates)
    except UsageError as error:
        return error


def _end_with_parent() -> None:
    """The fork server, whose child this is, lives on: the sentinel is of the process that asked for it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _write_to(log: str) -> None:
    """Sends all output to the emptied log."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(target, stream.fileno())
    os.close(target)


def run_trial(trial: Trial, options: Options) -> Outcome:
    """Runs one trial here, or as a command of its own if it wants several processes."""
    if trial.request["trainer"]["devices"] != 1:
        return _run_apart(trial, options)
    try:
        result = execute(trial.request, options)
    except OwnedError as error:
        return Outcome(trial.run_id, "owned", str(error))
    except UsageError as error:
        return Outcome(trial.run_id, "refused", str(error))
    except RunError as error:
        return Outcome(trial.run_id, "crashed", str(error))
    assert result is not None  # there is one rank
    return _outcome(result)


def _run_apart(trial: Trial, options: Options) -> Outcome:
    """Lightning starts further ranks by repeating the command, so the command has to be this trial alone."""
    command = [sys.executable, "-m", "embedbench", "run", *trial.args, f"--runs={options.runs}", "--overwrite"]
    extra: dict[str, str | None] = {
        "--wandb": options.wandb,
        "--wandb_mode": options.wandb_mode,
        "--run_id": trial.run_id,
    }
    command += [f"{option}={value}" for option, value in extra.items() if value is not None]
    command += ["--keep_embeddings"] if options.keep_embeddings else []
    done = _call(command)
    if done.returncode == 2:
        reason = done.stderr.strip().rsplit("\n", 1)[-1].removeprefix("embedbench: error: ")
        return Outcome(trial.run_id, "owned" if is_owned(options.runs / trial.run_id) else "refused", reason)
    if done.returncode not in (0, 1):  # Lightning kills the first process when another ends with an error
        return Outcome(trial.run_id, "crashed", f"its processes died: {done.stderr.strip()[-500:]}")
    result = Result.read(options.runs / trial.run_id / FILE_NAME)
    replace(result, sweep=options.sweep).write(options.runs / trial.run_id)  # the command knows of no sweep
    return _outcome(result)


def _call(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends with this process, in time to record that."""
    env = {**os.environ, PARENT: str(os.getpid())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            out, err = process.communicate()
        except Stopped:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_GRACE_SECONDS)
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _outcome(result: Result) -> Outcome:
    return Outcome(result.run_id, "finished" if result.status == "finished" else "failed", result.error or "")
