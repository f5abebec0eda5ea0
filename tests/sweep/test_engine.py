"""Trials in warm workers: each once, threads shared out, and no process left behind."""

import multiprocessing
import os
import signal
import time

import pytest

from embedbench.request.options import Options
from embedbench.results.record import Result
from embedbench.run.store.owner import Owner
from embedbench.sweep import engine
from embedbench.sweep.engine import cores, run_trials
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial_results import record_failures

pytestmark = pytest.mark.slow

PRINTS = '''
import os, time, torch
from pathlib import Path
from embedbench.paradigms.baseline.raw import Raw


class {name}(Raw):
    """Says which process embeds, and with how many threads."""

    def embed(self, x):
        Path("seen").mkdir(exist_ok=True)
        (Path("seen") / f"{{os.getpid()}}-{{torch.get_num_threads()}}").touch()
        while {hang}:
            time.sleep(0.01)
        return super().embed(x)
'''


@pytest.fixture
def trials_of(tmp_path, monkeypatch, small_digits):
    """Trials of a model written for the test, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def make(name, hang=False, seeds=3, more=()):
        (tmp_path / f"{name.lower()}.py").write_text(PRINTS.format(name=name, hang=hang), encoding="utf8")
        model = f"{name.lower()}.{name}"
        grid = {"data": ["digits"], "model": [model], "seed_everything": list(range(seeds))}
        return make_trials(grid, [*small_digits, "--suite.metrics", "[probe]", *more])

    return make


def seen(folder):
    """The processes that embedded, and the numbers of threads they had."""
    names = [path.name.split("-") for path in (folder / "seen").iterdir()]
    return {int(pid) for pid, _ in names}, {int(threads) for _, threads in names}


def test_every_trial_is_run_once_and_reported(trials_of, tmp_path):
    trials, reports = trials_of("Once"), []
    options = Options(tmp_path / "runs", quiet=True, sweep={"id": "s"})
    outcomes = run_trials(trials, options, 2, lambda busy, done: reports.append((len(busy), len(done))))
    assert sorted(o.run_id for o in outcomes) == sorted(t.run_id for t in trials)
    assert {o.status for o in outcomes} == {"finished"}
    assert reports[0] == (2, 0)
    assert reports[-1] == (0, 3)
    assert all(busy + done <= 3 for busy, done in reports)
    for trial in trials:
        assert Result.read(tmp_path / "runs" / trial.run_id / "result.json").sweep == {"id": "s", "trial": trial.run_id}
    assert os.getpid() not in seen(tmp_path)[0]
    assert not multiprocessing.active_children()


def test_each_part_of_a_run_is_reported_while_it_is_under_way(trials_of, tmp_path):
    (trial,), steps = trials_of("Steps", seeds=1), []

    def report(busy, done):
        steps.extend(step for _, step in busy if step is not None)

    run_trials([trial], Options(tmp_path / "runs", quiet=True), 1, report)
    assert [str(step) for step in steps if step.piece] == ["score probe: val (1 of 2)", "score probe: test (2 of 2)"]
    assert {step.doing for step in steps} == {"embed", "score"}


def test_one_worker_serves_many_trials(trials_of, tmp_path):
    run_trials(trials_of("Warm"), Options(tmp_path / "runs", quiet=True), 1, lambda busy, done: None)
    assert len(seen(tmp_path)[0]) == 1


@pytest.mark.parametrize(
    ("told", "workers", "threads"),
    [(None, 2, 3), (None, 8, 1), ("2", 2, 2), ("5", 6, 5), ("4,2", 2, 4), ("", 2, 3), ("0", 2, 3), ("many", 2, 3)],
)
def test_threads_of_a_worker(told, workers, threads, monkeypatch):
    monkeypatch.setattr(engine, "cores", lambda: 6)
    monkeypatch.delenv("OMP_NUM_THREADS")
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert engine._threads(workers) == threads


@pytest.mark.parametrize(("workers", "more", "threads"), [(2, [], 3), (2, ["--threads", "2"], 2)])
def test_threads_are_shared_out_unless_asked_for(workers, more, threads, trials_of, tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(engine, "cores", lambda: 6)
    name = f"Threads{workers}{len(more)}"
    trials = trials_of(name, seeds=1, more=more)
    run_trials(trials, Options(tmp_path / "runs", quiet=True), workers, lambda busy, done: None)
    assert seen(tmp_path)[1] == {threads}
    assert trials[0].request["threads"] == (2 if more else None)


def test_interrupt_ends_even_a_process_that_hangs(trials_of, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_GRACE_SECONDS", 0.5)

    def report(busy, done):
        until = time.monotonic() + 60
        while not (tmp_path / "seen").exists() and time.monotonic() < until:
            time.sleep(0.02)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trials(trials_of("Hangs", hang=True, seeds=1), Options(tmp_path / "runs", quiet=True), 1, report)
    ((pid,), _) = seen(tmp_path)
    assert not multiprocessing.active_children()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def nothing(busy, done):
    """Reports to nobody."""


def test_trial_that_takes_too_long_is_ended_and_others_go_on(trials_of, tmp_path):
    options = Options(tmp_path / "runs", quiet=True)
    hangs, goes = trials_of("Endless", hang=True, seeds=1), trials_of("Quick", seeds=1)
    outcomes = {one.run_id: one for one in run_trials(hangs + goes, options, 1, nothing, limit=20)}
    assert outcomes[goes[0].run_id].status == "finished"
    ended = outcomes[hangs[0].run_id]
    assert (ended.status, ended.message) == ("crashed", "it took longer than --trial_timeout 20 s")
    record_failures(hangs + goes, list(outcomes.values()), options)
    assert Result.read(tmp_path / "runs" / hangs[0].run_id / "result.json").error == ended.message


def test_worker_that_died_while_it_had_nothing_to_do_is_replaced(trials_of, tmp_path):
    trials = trials_of("Idle")

    def report(busy, done):
        if len(done) == 1 and not killed:
            for child in multiprocessing.active_children():
                killed.append(child.pid)
                os.kill(child.pid, signal.SIGKILL)
                child.join()

    killed = []
    outcomes = run_trials(trials, Options(tmp_path / "runs", quiet=True), 1, report)
    assert killed
    assert len(outcomes) == 3
    assert sorted(one.status for one in outcomes) in (["crashed", "finished", "finished"], ["finished"] * 3)


def test_trial_of_another_process_is_waited_for(trials_of, tmp_path, capsys):
    trials = trials_of("Shared", seeds=2)
    owner = Owner(tmp_path / "runs" / trials[0].run_id)

    def report(busy, done):
        if done and not busy:
            owner.release()

    outcomes = run_trials(trials, Options(tmp_path / "runs", quiet=True, overwrite=True), 1, report)
    assert {one.run_id for one in outcomes} == {trial.run_id for trial in trials}
    assert {one.status for one in outcomes} == {"finished"}
    assert f"{trials[0].run_id} is being written by process {os.getpid()}" in capsys.readouterr().err


def test_fork_server_that_dies_costs_no_trial(trials_of, tmp_path):
    server = multiprocessing.forkserver._forkserver
    killed = []

    def report(busy, done):
        if len(done) == 1 and not killed:
            killed.append(server._forkserver_pid)
            os.kill(killed[0], signal.SIGKILL)
            for child in multiprocessing.active_children():  # so that the next trial needs a new one
                os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.2)

    outcomes = run_trials(trials_of("Server"), Options(tmp_path / "runs", quiet=True), 1, report)
    assert killed
    assert len(outcomes) == 3
    assert [one.status for one in outcomes].count("finished") >= 2
    assert server._forkserver_pid not in killed


@pytest.mark.parametrize(
    ("error", "why"), [(OSError(11, "Resource temporarily unavailable"), "Resource temp"), (EOFError(), "EOFError")]
)
def test_worker_that_cannot_be_started_is_recorded(error, why, trials_of, tmp_path, monkeypatch):
    def fail():
        raise error

    monkeypatch.setattr(engine, "_start_server", fail)
    trials, options = trials_of("Never", seeds=2), Options(tmp_path / "runs", quiet=True)
    outcomes = run_trials(trials, options, 2, nothing)
    assert record_failures(trials, outcomes, options) == []
    for trial in trials:
        found = Result.read(tmp_path / "runs" / trial.run_id / "result.json")
        assert found.status == "failed"
        assert found.error.startswith(f"no worker process can be started ({why}")


def test_worker_that_can_be_started_at_the_second_try_is_used(trials_of, tmp_path, monkeypatch):
    start, tries = engine._start_server, []

    def flaky():
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        start()

    monkeypatch.setattr(engine, "_start_server", flaky)
    (outcome,) = run_trials(trials_of("Flaky", seeds=1), Options(tmp_path / "runs", quiet=True), 1, nothing)
    assert (outcome.status, len(tries)) == ("finished", 2)


def test_cores_are_those_allowed():
    assert 1 <= cores() <= os.cpu_count()
