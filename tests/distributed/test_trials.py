"""A sweep's trial of several processes: what its command leaves is taken over, or named as missing."""

import subprocess
from dataclasses import replace

import pytest

from embedbench.request.options import Options
from embedbench.results.record import Result
from embedbench.sweep import worker
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial_results import record_failures


@pytest.fixture
def trial(small_digits):
    (found,) = make_trials({"model": ["raw"], "data": ["digits"]}, [*small_digits, "--trainer.devices", "2"])
    return found


@pytest.fixture
def begun(trial):
    """The record that the command writes first."""
    names = {"run_id": trial.run_id, "paradigm": "baseline", "model": "raw", "dataset": "digits"}
    return Result(**names, status="running", seed=0, started_at="2026-01-01T00:00:00Z")


@pytest.fixture
def ends(monkeypatch):
    """Has the command end in some way."""

    def set_end(code, leave, said=""):
        def call(command):
            leave()
            return subprocess.CompletedProcess(command, code, "", said)

        monkeypatch.setattr(worker, "_call", call)

    return set_end


def test_result_belongs_to_the_sweep(trial, begun, ends, tmp_path):
    ends(0, lambda: replace(begun, status="finished").write(tmp_path / trial.run_id))
    outcome = worker.run_trial(trial, Options(tmp_path, sweep={"id": "s", "trial": trial.run_id}))
    assert (outcome.status, outcome.message) == ("finished", "")
    written = Result.read(tmp_path / trial.run_id / "result.json")
    assert (written.status, written.sweep) == ("finished", {"id": "s", "trial": trial.run_id})


@pytest.mark.parametrize("recorded", [True, False])
def test_killed_processes_are_a_crash(recorded, trial, begun, ends, tmp_path):
    ends(-9, lambda: begun.write(tmp_path / trial.run_id) if recorded else None, "out of memory")
    options = Options(tmp_path)
    outcome = worker.run_trial(trial, options)
    assert (outcome.status, outcome.message) == ("crashed", "its processes died: out of memory")
    record_failures([trial], [outcome], options)
    written = Result.read(tmp_path / trial.run_id / "result.json")
    assert (written.status, written.error) == ("failed", "its processes died: out of memory")
